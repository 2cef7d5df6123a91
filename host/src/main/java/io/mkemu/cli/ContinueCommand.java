// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.cli.type.InstancesArgument;
import io.mkemu.cli.type.VerbCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk continue}: lets paused kernels go on. */
@Command(name = "continue", mixinStandardHelpOptions = true,
    header = "Lets paused kernels go on.", description = {
    "Lets instances go on that were paused, by mk pause or by SIGSTOP."},
    footer = {"", "Example: mk continue web"})
public final class ContinueCommand extends VerbCommand {
    @Mixin
    private InstancesArgument instances;

    @Option(names = "--all", description = "All that are paused.")
    private boolean all;

    @Override
    public ObjectNode request() {
        require(instances.isEmpty() == all, "name instances, or --all of them");
        return all ? object().put("all", true) : instances.putInto(object());
    }
}
