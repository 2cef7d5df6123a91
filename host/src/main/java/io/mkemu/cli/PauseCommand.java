// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.cli.type.InstancesArgument;
import io.mkemu.cli.type.VerbCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk pause}: stops the kernels of instances where they are. */
@Command(name = "pause", mixinStandardHelpOptions = true,
    header = "Stops the kernels of instances where they are.", description = {
    "Stops the processes of instances that are active where they are, by SIGSTOP: none of their "
        + "CPUs runs, messages wait in their lanes, mk show says paused. mk continue lets them go on; mk "
        + "kill lets them go on and ends them."},
    footer = {"", "Example: mk pause web"})
public final class PauseCommand extends VerbCommand {
    @Mixin
    private InstancesArgument instances;

    @Option(names = "--all", description = "All that are active.")
    private boolean all;

    @Override
    public ObjectNode request() {
        require(instances.isEmpty() == all, "name instances, or --all of them");
        return all ? object().put("all", true) : instances.putInto(object());
    }
}
