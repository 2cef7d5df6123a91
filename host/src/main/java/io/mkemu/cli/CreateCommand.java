// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.cli.type.CpuList;
import io.mkemu.cli.type.MemorySize;
import io.mkemu.cli.type.StatusText;
import io.mkemu.cli.type.VerbCommand;
import io.mkemu.tree.MachineSpec;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mk create}: reserves CPUs and memory for an instance. */
@Command(name = "create", mixinStandardHelpOptions = true,
    header = "Reserves CPUs and memory for an instance.", description = {
    "Reserves CPUs and memory of a machine that runs for a new instance: it is ready then."},
    footer = {"", "Example: mk create web --cpus 1-2 --memory 16M"})
final class CreateCommand extends VerbCommand {
    @Parameters(paramLabel = "NAME", description = "Name of the instance: letters, digits and , . _ + -")
    private String name;

    @Option(names = {"-c", "--cpus"}, paramLabel = "LIST",
        description = "CPUs of the machine's pool that are free, as 1-2,5.")
    private CpuList cpus;

    @Option(names = "--cpu-count", paramLabel = "N", description = "So many of the lowest free CPUs instead.")
    private Integer count;

    @Option(names = {"-m", "--memory"}, paramLabel = "SIZE", required = true, converter = MemorySize.class,
        description = "Memory out of the machine's pool, as 16M or 2GB: a multiple of 4096 bytes.")
    private long memory;

    @Option(names = "--id", paramLabel = "N", description = "Id, 1..255; by default the lowest free one.")
    private Integer id;

    @Option(names = "--external", description = "mkemu does not start its process, mk exec prints how to join it.")
    private boolean external;

    @Option(names = "--dry-run", description = "Only look whether it could be created.")
    private boolean dryRun;

    @Override
    public ObjectNode request() {
        require((cpus == null) != (count == null), "name its CPUs by either --cpus LIST or --cpu-count N");
        require(count == null || count > 0, "--cpu-count " + count + " is not 1 or more");
        require(id == null || id > 0 && id <= MachineSpec.MAX_INSTANCE_ID,
            "--id " + id + " is not 1.." + MachineSpec.MAX_INSTANCE_ID);
        ObjectNode request = object().put("name", name).put("memory", memory).put("external", external)
            .put("dryRun", dryRun);
        if (cpus != null) {
            cpus.cpus().forEach(request.putArray("cpus")::add);
        } else {
            request.put("cpuCount", count);
        }
        if (id != null) {
            request.put("id", id);
        }
        return request;
    }

    @Override
    public void print(JsonNode result) {
        System.out.println(StatusText.resources(result.path("instances").path(0))
            + (dryRun ? "; dry run, nothing is created" : ""));
    }
}
