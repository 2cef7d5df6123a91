// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.cli.type.InstancesArgument;
import io.mkemu.cli.type.VerbCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mk unload}: takes away what instances were to run. */
@Command(name = "unload", mixinStandardHelpOptions = true,
    header = "Takes modules and boot parameters away.", description = {
    "Takes modules and boot parameters from instances that are loaded or failed: they are ready then."},
    footer = {"", "Example: mk unload web"})
public final class UnloadCommand extends VerbCommand {
    @Mixin
    private InstancesArgument instances;

    @Override
    public ObjectNode request() {
        require(!instances.isEmpty(), "name instances");
        return instances.putInto(object());
    }
}
