// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.cli.type.CpuList;
import io.mkemu.cli.type.InstanceArgument;
import io.mkemu.cli.type.MemorySize;
import io.mkemu.cli.type.StatusText;
import io.mkemu.cli.type.VerbCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk update}: other CPUs or memory for an instance. */
@Command(name = "update", mixinStandardHelpOptions = true,
    header = "Changes CPUs and memory of an instance.", description = {
    "Gives an instance whose kernel does not run other CPUs, other memory, or both; all of it or nothing. What is "
        + "loaded stays loaded; what was in the memory is lost."},
    footer = {"", "Example: mk update web --cpus 1 --memory 32M"})
public final class UpdateCommand extends VerbCommand {
    @Mixin
    private InstanceArgument instance;

    @Option(names = {"-c", "--cpus"}, paramLabel = "LIST",
        description = "All CPUs it is to have, as 1-2,5.")
    private CpuList cpus;

    @Option(names = {"-m", "--memory"}, paramLabel = "SIZE", converter = MemorySize.class,
        description = "All memory it is to have, as 16M or 2GB: a multiple of 4096 bytes.")
    private Long memory;

    @Option(names = "--dry-run", description = "Only look whether it could be done.")
    private boolean dryRun;

    @Override
    public ObjectNode request() {
        require(instance.isOne(), "name one instance: NAME or --id N");
        require(cpus != null || memory != null, "say what is to change: --cpus LIST, --memory SIZE or both");
        ObjectNode request = object().put("name", instance.name()).put("dryRun", dryRun);
        if (cpus != null) {
            cpus.cpus().forEach(request.putArray("cpus")::add);
        }
        if (memory != null) {
            request.put("memory", memory);
        }
        return request;
    }

    @Override
    public void print(JsonNode result) {
        System.out.println(StatusText.resources(result.path("instances").path(0))
            + (dryRun ? "; dry run, nothing is changed" : ""));
    }
}
