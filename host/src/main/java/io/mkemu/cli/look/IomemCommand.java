// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.look;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.cli.type.MachineOption;
import io.mkemu.host.view.MachineView;
import io.mkemu.json.Json;
import io.mkemu.machine.Iomem;
import io.mkemu.memory.ResourceTree.Resource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk iomem}: /proc/iomem of a machine that runs. */
@Command(name = "iomem", mixinStandardHelpOptions = true,
    header = "Prints the memory map.", description = {
    "Prints the memory map of a machine that runs, nested by containment as /proc/iomem is: the shared tables, the "
        + "host's memory, the multikernel pool, the instance pools and what is allocated from them."},
    footer = {"", "Example: mk iomem --machine demo --json"})
public final class IomemCommand implements Callable<Integer> {
    @Mixin
    private MachineOption machine;

    @Option(names = "--json", description = "Print one JSON array of {name, start, end, size, children}, in bytes; "
        + "end is the last byte.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        try (MachineView view = machine.running()) {
            Iomem map = Iomem.of(view.mapped());
            if (json) {
                ArrayNode root = Json.array();
                describe(root, map.tree().resources());
                System.out.println(Json.text(root));
            } else {
                System.out.print(map.tree());
            }
            map.problems().forEach(problem -> System.err.println("mk: shared memory is damaged: " + problem));
        }
        return ExitCode.OK.code();
    }

    private static void describe(ArrayNode array, List<Resource> resources) {
        for (Resource resource : resources) {
            ObjectNode node = array.addObject().put("name", resource.name()).put("start", resource.start())
                .put("end", resource.end()).put("size", resource.size());
            describe(node.putArray("children"), resource.children());
        }
    }
}
