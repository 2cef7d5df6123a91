// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.abi.ResourceDescriptor;
import io.mkemu.cli.type.CpuList;
import io.mkemu.cli.type.InstanceArgument;
import io.mkemu.cli.type.MemorySize;
import io.mkemu.cli.type.StatusText;
import io.mkemu.cli.type.VerbCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code mk update}: other CPUs or memory for an instance. */
@Command(name = "update", mixinStandardHelpOptions = true,
    header = "Changes CPUs and memory of an instance.", description = {
    "Gives an instance whose kernel does not run other CPUs, other memory, or both; all of it or nothing. What is "
        + "loaded stays loaded; what was in the memory is lost.",
    "", "The options with add and remove are for an instance whose kernel runs too. It takes a CPU or a region of "
        + "memory more, or gives one back: a CPU that is not its boot CPU and that no module keeps, a region in which "
        + "nothing is allocated, shared or mapped. It has 10 s to answer; then all is as before."},
    footer = {"", "Example: mk update web --cpus 1 --memory 32M; mk update web --add-cpus 3"})
public final class UpdateCommand extends VerbCommand {
    @Mixin
    private InstanceArgument instance;

    @Option(names = {"-c", "--cpus"}, paramLabel = "LIST",
        description = "All CPUs it is to have, as 1-2,5.")
    private CpuList cpus;

    @Option(names = "--add-cpus", paramLabel = "LIST", description = "Further CPUs, as 3 or 1-2,5.")
    private CpuList addCpus;

    @Option(names = "--remove-cpus", paramLabel = "LIST", description = "CPUs that it is to give back.")
    private CpuList removeCpus;

    @Option(names = {"-m", "--memory"}, paramLabel = "SIZE", converter = MemorySize.class,
        description = "All memory it is to have, as 16M or 2GB: a multiple of 4096 bytes.")
    private Long memory;

    @Option(names = "--add-memory", paramLabel = "SIZE", converter = MemorySize.class,
        description = "So much more memory, in a region of its own.")
    private Long addMemory;

    @Option(names = "--remove-memory", paramLabel = "SIZE|ADDRESS",
        description = "So much less, or the region at this address, as 0x1a00000 (mk iomem).")
    private String removeMemory;

    @Option(names = "--dry-run", description = "Only look whether it could be done.")
    private boolean dryRun;

    @Override
    public ObjectNode request() {
        require(instance.isOne(), "name one instance: NAME or --id N");
        int ways = count(cpus != null || memory != null) + count(addCpus != null || removeCpus != null)
            + count(addMemory != null) + count(removeMemory != null);
        require(ways > 0, "say what is to change: --cpus LIST, --memory SIZE, --add-cpus LIST, --remove-cpus LIST, "
            + "--add-memory SIZE or --remove-memory SIZE");
        require(ways == 1, "one change at a time: --cpus and --memory, --add-cpus and --remove-cpus, --add-memory or "
            + "--remove-memory");
        ObjectNode request = object().put("name", instance.name()).put("dryRun", dryRun);
        if (cpus != null) {
            cpus.cpus().forEach(request.putArray("cpus")::add);
        }
        if (addCpus != null) {
            addCpus.cpus().forEach(request.putArray("addCpus")::add);
        }
        if (removeCpus != null) {
            removeCpus.cpus().forEach(request.putArray("removeCpus")::add);
        }
        if (memory != null) {
            request.put("memory", memory);
        }
        if (addMemory != null) {
            request.put("addMemory", addMemory);
        }
        if (removeMemory != null) {
            /* What has no unit and begins with 0x is an address, as mk iomem has them. */
            boolean isAddress = removeMemory.matches("0[xX][0-9a-fA-F]+");
            request.put(isAddress ? "removeAddress" : "removeMemory", size(removeMemory));
        }
        return request;
    }

    private static int count(boolean given) {
        return given ? 1 : 0;
    }

    @Override
    public long waitMillis() {
        /* A kernel that runs has so long to answer; of a CPU it is asked twice, and senders have time too. */
        long cpus = (addCpus == null ? 0 : addCpus.cpus().size()) + (removeCpus == null ? 0 : removeCpus.cpus().size());
        return ResourceDescriptor.ANSWER_MILLIS * (3 * cpus + count(addMemory != null || removeMemory != null));
    }

    private long size(String text) {
        try {
            return new MemorySize().convert(text);
        } catch (TypeConversionException wrong) {
            require(false, "--remove-memory: " + wrong.getMessage());
            return 0;
        }
    }

    @Override
    public void print(JsonNode result) {
        System.out.println(StatusText.resources(result.path("instances").path(0))
            + (dryRun ? "; dry run, nothing is changed" : ""));
    }
}
