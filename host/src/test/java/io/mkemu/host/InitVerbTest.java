// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.control.ControlRequest;
import io.mkemu.host.life.BoxedHost;
import io.mkemu.json.Json;
import io.mkemu.tree.DeviceTreeWriter;
import io.mkemu.tree.MachineSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A machine that runs becomes what a tree says: all of it, or nothing. */
class InitVerbTest extends BoxedHost {
    private static final String THREE = """
        web { id = <1>; resources { cpus = <3>; memory-bytes = <0x200000>; }; mkemu,modules = "echo";
          chosen { bootargs = "idle=poll"; }; };
        db { id = <2>; resources { cpus = <1 2>; memory-bytes = <0x100000>; }; };
        new { id = <7>; resources { cpus = <4>; memory-bytes = <0x500000>; }; restart = "on-failure"; };
        """;

    private final HostVerbs verbs = new HostVerbs(host, null);

    private static String tree(String instances) {
        return TestHost.TREE.substring(0, TestHost.TREE.indexOf("instances")) + "instances { " + instances + " }; };";
    }

    private JsonNode ask(String verb, String tree, boolean dryRun, boolean force) throws InterruptedException {
        return verbs.handle(ControlRequest.parse(Json.text(Json.object().put("verb", verb).put("file", "m.dts")
            .put("tree", tree.replaceAll("\\s", " ")).put("dryRun", dryRun).put("force", force)
            .put("timeoutMillis", 60_000))
            .getBytes(StandardCharsets.UTF_8)), line -> { });
    }

    private JsonNode init(String tree) throws InterruptedException {
        return ask("init", tree, false, false);
    }

    private static MachineSpec spec(String tree) {
        return MachineSpec.parse("m.dts", tree, Path.of("/"));
    }

    /** CPUs and memory of web and db go round in a circle, and the new one takes all that is left. */
    @Test
    void itBecomesWhatTheTreeSaysWithOneTransaction() throws Exception {
        String before = DeviceTreeWriter.write(host.spec());
        Snapshot snapshot = Snapshot.of(host);
        JsonNode dry = ask("init", tree(THREE), true, false);
        assertEquals(3, dry.path("changes").size());
        assertFalse(dry.has("error"), dry::toString);
        box.assertUnchanged(snapshot);
        assertEquals(List.of(), host.transactions().list());
        assertEquals("tx_1", init(tree(THREE)).path("tx").asText());
        assertEquals(spec(tree(THREE)), host.spec());
        JsonNode none = init(tree(THREE));
        assertEquals(0, none.path("changes").size());
        assertFalse(none.has("tx"), none::toString);
        assertEquals("tx_2", init(before).path("tx").asText());
        assertEquals(spec(before), host.spec());
        assertEquals("tx_3", init(tree("")).path("tx").asText());
        assertEquals(List.of(), host.names());
        assertEquals(TestHost.POOL, box.free());
    }

    @Test
    void whatCannotBeIsRefusedAndChangesNothing() throws Exception {
        box.refuses(ExitCode.STATE, "a machine that runs cannot become what m.dts says: cpus: 0 1 2 3 4 5 6 7 -> 0 1 2 "
            + "3 4; memory-bytes: 0x800000 -> 0x900000: mk shutdown ends it, then mk init makes it anew",
            () -> init(tree(THREE).replace(" 5 6 7", "").replace("0x800000", "0x900000")));
        box.refuses(ExitCode.RESOURCES, "CPU 0 is the host's own: free are 3 4 5 6 7",
            () -> init(tree("web { id = <1>; resources { cpus = <0 1 2>; memory-bytes = <0x100000>; }; };")));
        Snapshot before = Snapshot.of(host);
        assertEquals(ExitCode.CONFIG, assertThrows(MachineException.class, () -> init("/dts-v1/; /")).exitCode());
        box.assertUnchanged(before);
    }

    @Test
    void aKernelThatRunsIsEndedByForceOnly() throws Exception {
        box.start(List.of("db"), line -> { });
        String why = "the kernel of instance db runs, and the tree does not have it: mk kill ends a kernel, or mk init "
            + "--force does";
        String gone = tree("web { id = <1>; resources { cpus = <1 2>; memory-bytes = <0x100000>; }; mkemu,modules = "
            + "\"echo\"; chosen { bootargs = \"idle=halt echo.type=7\"; }; };");
        box.refuses(ExitCode.STATE, why, () -> init(gone));
        JsonNode dry = ask("init", gone, true, false);
        assertEquals(why + " [\"db\"]", dry.path("error").asText() + " " + dry.path("running"));
        assertFalse(ask("init", gone, true, true).has("error"));
        assertEquals(List.of("web", "db"), host.names());
        assertEquals("tx_1", ask("init", gone, false, true).path("tx").asText());
        assertEquals(List.of("web"), host.names());
        /* One that the tree leaves as it is may run. */
        box.start(List.of("web"), line -> { });
        assertEquals("tx_2", init(gone.replace("instances {", "instances { db { id = <2>; resources { cpus = <3>; "
            + "memory-bytes = <0x100000>; }; };")).path("tx").asText());
    }
}
