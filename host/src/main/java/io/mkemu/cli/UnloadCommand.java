// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mk unload}: takes away what instances were to run. */
@Command(name = "unload", mixinStandardHelpOptions = true,
    header = "Takes modules and boot parameters away.", description = {
    "Takes modules and boot parameters from instances that are loaded or failed: they are ready then."},
    footer = {"", "Example: mk unload web"})
final class UnloadCommand extends VerbCommand {
    @Mixin
    private InstancesArgument instances;

    @Override
    ObjectNode request() {
        require(!instances.isEmpty(), "name instances");
        return instances.putInto(object());
    }

    @Override
    void print(JsonNode result) {
        StatusText.states(result, System.out);
    }
}
