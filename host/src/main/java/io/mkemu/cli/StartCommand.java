// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import java.util.List;
import picocli.CommandLine.Command;

/** {@code mk start}: the word of the later kerf for what {@code mk exec} without a command does. */
@Command(name = "start", hidden = true, mixinStandardHelpOptions = true,
    header = "Boots instances, as mk exec.", description = {
    "Boots instances that are loaded or failed, all at once, and waits until they are active. The same as mk exec; it "
        + "runs no command."},
    footer = {"", "Example: mk start web database"})
public final class StartCommand extends ExecCommand {
    @Override
    int run(String name, List<String> line, long nanos) {
        require(false, "start boots instances; mk exec " + name + " -- COMMAND runs a command");
        return 0;
    }
}
