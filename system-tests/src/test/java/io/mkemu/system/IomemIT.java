// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mkemu.system.modules.Quiet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(90)
@DisplayName("/proc/iomem: mk iomem")
class IomemIT {
    @RegisterExtension
    final Mk mk = new Mk();

    private MkProcess run(String machine) throws Exception {
        Path jar = ModuleJar.of(mk.work(), Quiet.class);
        MkProcess run = mk.start("run", new TreeSource().instance("web", jar).instance("db", jar)
            .write(mk.work(), machine));
        run.awaitOut(2, "quiet: up");
        return run;
    }

    @Test
    void printsTheNestedMapAsTextAndAsJson() throws Exception {
        MkProcess run = run("map");
        List<String> text = mk.start("iomem").ends(0).out();
        MkProcess json = mk.start("iomem", "--machine", "map", "--json").ends(0);
        assertEquals(1, json.out().size(), json::describe);
        List<String> fromJson = new ArrayList<>();
        print(new ObjectMapper().readTree(json.out().getFirst()), "", fromJson);
        assertEquals(text, fromJson);
        List<String> names = text.stream().map(line -> line.replaceFirst("[0-9a-f]{8,}-[0-9a-f]{8,} : ", "")).toList();
        assertEquals(List.of("Machine header", "Local APICs", "Instance table", "Kernel logs", "Page table",
            "Multikernel pool bitmap", "Host memory", "  Bitmap", "  IPI area", "Multikernel Memory Pool",
            "  mk-instance-1-web-region-0", "    Bitmap", "    IPI area", "  mk-instance-2-db-region-0",
            "    Bitmap", "    IPI area"), names);
        run.signal("INT");
        run.ends(130);
    }

    private static void print(JsonNode resources, String indent, List<String> lines) {
        for (JsonNode resource : resources) {
            long start = resource.get("start").longValue();
            long end = resource.get("end").longValue();
            assertEquals(end - start + 1, resource.get("size").longValue(), resource::toString);
            assertTrue(resource.get("children").isArray(), resource::toString);
            lines.add(String.format(Locale.ROOT, "%s%08x-%08x : %s", indent, start, end,
                resource.get("name").textValue()));
            print(resource.get("children"), indent + "  ", lines);
        }
    }

    @Test
    void refusesWhatDoesNotRunAndSaysWhatDoes() throws Exception {
        mk.start("iomem").refuses(4, "no machine runs; start one with: mk run");
        mk.start("iomem", "--machine", "nix").refuses(4, "machine \"nix\" does not run; no machine runs");
        MkProcess left = run("left");
        MkProcess right = run("right");
        mk.start("iomem").refuses(4, "running: left, right; say which with --machine NAME");
        mk.start("iomem", "--machine", "nix", "--json").refuses(4, "\"nix\" does not run; running: left, right");
        left.signal("INT");
        right.signal("INT");
        left.ends(130);
        right.ends(130);
    }
}
