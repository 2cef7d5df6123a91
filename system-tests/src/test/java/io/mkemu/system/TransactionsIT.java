// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Changes of a machine as transactions: listed, shown, undone, and killed in the midst. */
@Timeout(300)
class TransactionsIT {
    private static final Object[] MACHINE = {"init", "--machine", "lab", "--cpus", "0-3", "--memory", "32M"};
    private static final String OVERLAY = """
        /dts-v1/;
        /plugin/;
        / {
            fragment@0 { __overlay__ { instance-create {
                instance-name = "one"; resources { cpus = <2>; memory-bytes = <0x400000>; }; }; }; };
            fragment@1 { __overlay__ { instance-create {
                instance-name = "two"; resources { cpus = <%d>; memory-bytes = <0x400000>; }; }; }; };
        };
        """;

    @RegisterExtension
    final Mk mk = new Mk();

    private Path overlay(String name, int cpu) throws Exception {
        return Files.writeString(mk.work().resolve(name), OVERLAY.formatted(cpu));
    }

    private List<String> list() throws Exception {
        return mk.run("tx", "list").ends(0).out().stream().skip(1)
            .map(line -> line.replaceAll(" \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d ", "").replaceAll(" +", " "))
            .toList();
    }

    private String dump() throws Exception {
        return String.join("\n", mk.run("dump").ends(0).out());
    }

    @Test
    void changesAreListedShownAndUndone() throws Exception {
        mk.startWith(List.of("env", "LC_ALL=C"), MACHINE).ends(0);
        mk.run("create", "web", "--cpus", "1", "--memory", "8M").ends(0);
        String before = dump();
        Path good = overlay("good.dtso", 3);
        assertEquals(List.of("one: ready, id 2, CPUs 2, 4 MiB", "two: ready, id 3, CPUs 3, 4 MiB",
            "dry run, nothing is changed"), mk.run("apply", good, "--dry-run").ends(0).out());
        mk.run("apply", overlay("bad.dtso", 1), "--dry-run").refuses(5, "CPU 1 is taken by instance web: free are 3$");
        mk.run("apply", overlay("bad.dtso", 1)).refuses(5, "CPU 1 is taken by instance web: free are 3; nothing of the "
            + "overlay is applied$");
        assertEquals(before, dump());
        assertEquals(List.of("one: ready, id 2, CPUs 2, 4 MiB", "two: ready, id 3, CPUs 3, 4 MiB", "tx_3: applied"),
            mk.run("apply", good).ends(0).out());
        assertEquals(List.of("tx_1 applied create web", "tx_2 failed apply " + mk.work().resolve("bad.dtso"),
            "tx_3 applied apply " + good, "tx_2: CPU 1 is taken by instance web: free are 3; nothing of the overlay is "
            + "applied"), list());
        List<String> shown = mk.run("tx", "show", "tx_3").ends(0).out();
        assertTrue(shown.get(0).matches("tx_3: applied, [-0-9]+ [:0-9]+, apply .*good.dtso"), shown::toString);
        assertTrue(shown.get(1).matches("\\+ one: id 2, CPUs 2, 4 MiB at 0x[0-9a-f]+, ready"), shown::toString);
        assertEquals(3, shown.size(), shown::toString);
        assertEquals(before, String.join("\n", mk.run("tx", "show", "3", "--before").ends(0).out()));
        assertEquals("applied", mk.json("tx", "show", "3").path("status").asText());
        mk.run("load", "two", "--modules", "echo").ends(0);
        mk.run("exec", "two").ends(0);
        mk.run("tx", "rollback", "3").refuses(7, "tx_3 cannot be rolled back: instance two was changed since by tx_4 "
            + "\\(load two\\): roll that back first$");
        mk.run("tx", "rollback", "4").refuses(7, "tx_4 cannot be rolled back: instance two is active: cannot unload "
            + "it: mk kill ends its kernel$");
        mk.run("kill", "two").ends(0);
        mk.run("tx", "rollback", "4").ends(0);
        assertEquals(List.of("dry run, nothing is changed"),
            mk.run("tx", "rollback", "3", "--dry-run").ends(0).out("nothing"));
        assertEquals("tx_8: applied", mk.run("tx", "rollback", "3").ends(0).out().getLast());
        assertEquals(before, dump());
        mk.run("tx", "rollback", "0").refuses(2, "'0' is no transaction: expected its number, as 7 or tx_7");
        mk.run("shutdown").ends(0);
    }

    private static final String WEB = "web { id = <1>; resources { cpus = <1>; memory-bytes = <0x400000>; }; "
        + "mkemu,modules = \"echo\"; };\n";
    private static final String DB = "db { id = <2>; resources { cpus = <2 3>; memory-bytes = <0x400000>; }; };\n";

    private Path tree(String instances) throws Exception {
        return Files.writeString(mk.work().resolve("lab.dts"), "/dts-v1/; / { compatible = \"multikernel-v1\"; "
            + "resources { cpus = <0 1 2 3>; memory-bytes = <0x2000000>; };\ninstances { " + instances + " }; };\n");
    }

    @Test
    void aMachineThatRunsBecomesWhatAFileSays() throws Exception {
        Path lab = tree(WEB + DB);
        mk.startWith(List.of("env", "LC_ALL=C"), "init", lab).ends(0);
        mk.run("exec", "web").ends(0);
        assertEquals(List.of("machine lab is what " + lab + " says"), mk.run("init", lab).ends(0).out());
        String before = dump();
        tree(WEB + DB.replace("2 3", "2").replace("db", "cache"));
        List<String> dry = mk.run("init", lab, "--dry-run").ends(0).out();
        assertTrue(dry.get(0).matches("- db: id 2, CPUs 2,3, 4 MiB at 0x[0-9a-f]+, loaded"), dry::toString);
        assertEquals(List.of("+ cache: id 2, CPUs 2, 4 MiB, loaded", "dry run, nothing is changed"),
            dry.subList(1, dry.size()));
        assertEquals(before, dump());
        /* Two at once: it happens once. */
        MkProcess one = mk.start("init", lab);
        MkProcess other = mk.start("init", lab);
        int codes = one.end() + other.end();
        assertTrue(codes == 0 || codes == 7, () -> one.describe() + other.describe());
        assertEquals(List.of("tx_1 applied init " + lab), list());
        assertEquals("active", mk.ask("lab", "{'verb':'show','names':['web']}").at("/instances/0/state").asText());

        tree(WEB.replace("<1>; mem", "<1 3>; mem").replace("echo", "traffic")
            + DB.replace("0x4", "0x5").replace("2 3", "2"));
        before = dump();
        mk.run("init", lab).refuses(7, "^mk: the kernel of instance web runs, and the tree changes it: mk kill ends a "
            + "kernel, or mk init --force does$");
        Ended refused = mk.run("init", lab, "--dry-run").ends(7);
        assertEquals(3, refused.out().size(), refused::describe);
        mk.run("init", lab, "--journal", mk.work().resolve("j")).refuses(7, "\"lab\" runs: mk trace set");
        mk.run("init", "--machine", "lab", "--cpus", "0-3", "--memory", "32M").refuses(4, "\"lab\" runs already");
        assertEquals(before, dump());
        mk.run("init", lab, "--force").ends(0);
        assertEquals("loaded [1,3] 4194304", web());
        tree("");
        Files.writeString(lab, Files.readString(lab).replace("0x2000000", "0x3000000"));
        mk.run("init", lab).refuses(7, "a machine that runs cannot become what " + lab + " says: memory-bytes: "
            + "0x2000000 -> 0x3000000: mk shutdown ends it, then mk init makes it anew$");
        Path was = Files.writeString(mk.work().resolve("was.dts"), String.join("\n",
            mk.run("tx", "show", "1", "--before").ends(0).out()) + "\n");
        mk.run("init", was, "--machine", "lab").ends(0);
        tree(WEB + DB);
        assertEquals(List.of("machine lab is what " + lab + " says"), mk.run("init", lab).ends(0).out());
        mk.run("shutdown").ends(0);
    }

    private String web() throws Exception {
        JsonNode web = mk.ask("lab", "{'verb':'show','names':['web']}").at("/instances/0");
        return web.path("state").asText() + " " + web.path("cpus") + " " + web.path("memory");
    }

    /** A kernel that runs takes what a tree and an overlay give it, and gives it back. */
    @Test
    void aKernelThatRunsIsAskedForCpusAndMemory() throws Exception {
        Path lab = tree(WEB);
        mk.start("init", lab).ends(0);
        mk.run("exec", "web").ends(0);
        String before = dump();
        tree(WEB.replace("<1>; memory-bytes = <0x4", "<1 2>; memory-bytes = <0x5"));
        mk.run("init", lab, "--dry-run").ends(0);
        assertEquals(before, dump());
        mk.run("init", lab).ends(0);
        assertEquals("active [1,2] 5242880", web());
        Path overlay = Files.writeString(mk.work().resolve("move.dtso"), """
            /dts-v1/;
            /plugin/;
            / { fragment@0 { target-path = "/instances/web"; __overlay__ {
                cpu-add { cpu@3 { reg = <3>; }; };
                cpu-remove { cpu@2 { reg = <2>; }; };
                memory-remove { region@0 { size = <0x100000>; }; };
            }; }; };
            """);
        mk.run("apply", overlay).ends(0);
        assertEquals("active [1,3] 4194304", web());
        mk.run("tx", "rollback", "2").ends(0);
        assertEquals("active [1,2] 5242880", web());
        mk.run("tx", "rollback", "1").ends(0);
        assertEquals("active [1] 4194304", web());
        assertEquals(before, dump());
        mk.run("apply", Files.writeString(overlay, Files.readString(overlay).replace("cpu@2 { reg = <2>", "cpu@1 { "
            + "reg = <1>"))).refuses(7, "CPU 1 is the boot CPU of instance web, which cannot go while its kernel runs");
        assertEquals(before, dump());
        mk.run("shutdown").ends(0);
    }

    /** The host is stopped after the first of two instances is made, and killed there. */
    @Test
    void aHostThatIsKilledInTheMidstLeavesAPendingOne() throws Exception {
        mk.startWith(List.of("env", "MKEMU_JAVA_OPTS=-Dmkemu.stop_in_tx=3"), MACHINE).ends(0);
        long pid = mk.json("show").at("/machine/pid").longValue();
        mk.run("create", "web", "--cpus", "1", "--memory", "8M").ends(0);
        MkProcess apply = mk.start("apply", overlay("good.dtso", 3));
        Procs.awaitStopped(pid);
        Procs.signal("KILL", pid);
        apply.refuses(4, "^mk: the host ended before it had answered; machine \"lab\" is dead");
        Ended left = mk.run("tx", "list").ends(0);
        assertEquals(List.of("mk: machine \"lab\" is dead, its host was killed; this is what is left of it"),
            left.err());
        assertTrue(left.out().get(2).contains("  pending      apply "), left::describe);
        assertEquals("tx_2: the host was killed in the midst of it", left.out().get(3));
        mk.run("tx", "show", "2", "--before").refuses(4, "machine \"lab\" is dead: only its host could tell trees");
        mk.run("tx", "rollback", "2").refuses(4, "no machine runs; .*what killed hosts left, mk init clears: lab");
        mk.start(MACHINE).ends(0);
        assertEquals(List.of(), list());
        assertEquals(1, mk.json("show").path("instances").size());
        assertEquals(List.of(), mk.run("iomem").ends(0).out("one|two|web"));
        mk.run("apply", overlay("good.dtso", 3)).ends(0);
        mk.run("shutdown").ends(0);
    }
}
