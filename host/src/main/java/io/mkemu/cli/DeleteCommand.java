// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.cli.type.InstancesArgument;
import io.mkemu.cli.type.VerbCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk delete}: removes instances. */
@Command(name = "delete", mixinStandardHelpOptions = true,
    header = "Returns CPUs and memory of instances.", description = {
    "Returns CPUs and memory of instances that are ready or failed to the machine: they are gone then."},
    footer = {"", "Example: mk delete web"})
public final class DeleteCommand extends VerbCommand {
    @Mixin
    private InstancesArgument instances;

    @Option(names = "--dry-run", description = "Only look whether they could be deleted.")
    private boolean dryRun;

    @Override
    public ObjectNode request() {
        require(!instances.isEmpty(), "name instances");
        return instances.putInto(object().put("dryRun", dryRun));
    }

    @Override
    public void print(JsonNode result) {
        for (JsonNode instance : result.path("instances")) {
            System.out.println(instance.path("name").asText() + (dryRun ? ": could be deleted; dry run, nothing is"
                : ": deleted"));
        }
    }
}
