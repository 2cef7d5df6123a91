// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.system.modules.Chatter;
import io.mkemu.system.modules.OneShot;
import io.mkemu.system.modules.Slow;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code mk run} where all is well. */
class RunIT {
    private static final String LOG_LINE = "\\[ *\\d+\\.\\d{6}\\] [\\w.-]+: .*";

    @RegisterExtension
    final Mk mk = new Mk();

    @Test
    void runsTheExampleFromAnyWorkingDirectory() throws Exception {
        Path elsewhere = Files.createDirectories(mk.work().resolve("else where"));
        Path example = Mk.root().resolve("examples/demo.dts");
        for (Path file : List.of(example, elsewhere.toRealPath().relativize(example.toRealPath()))) {
            MkProcess run = mk.script(elsewhere, "run", file).ends(0);
            int report = run.out().indexOf(run.out("^machine demo: 3 kernels").getFirst());
            List<String> log = run.out().subList(0, report).stream().filter(line -> !line.isEmpty()).toList();
            assertFalse(log.isEmpty(), run::describe);
            log.forEach(line -> assertTrue(line.matches(LOG_LINE), () -> line + "\n" + run.describe()));
            for (String kernel : List.of("host", "web-server", "database")) {
                assertTrue(log.stream().anyMatch(line -> line.contains("] " + kernel + ": ")), run::describe);
                assertEquals(1, run.out().subList(report, run.out().size()).stream()
                    .filter(line -> line.matches(" *\\d+ +" + kernel + " +active .*")).count(), run::describe);
            }
            assertTrue(run.err().isEmpty(), run::describe);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"queued", "single-slot"})
    void endsInOrderWherePhysicalIdsAreNotTheNumbers(String mailbox) throws Exception {
        Path tree = Files.writeString(mk.work().resolve("apic.dts"), """
            /dts-v1/;
            / { compatible = "multikernel-v1";
              resources { cpus = <0 1 2>; apic-ids = <0 5 3>; memory-bytes = <0x1000000>; };
              instances {
                a { id = <1>; resources { cpus = <1>; memory-bytes = <0x400000>; }; mkemu,modules = "echo"; };
                b { id = <2>; resources { cpus = <2>; memory-bytes = <0x400000>; }; mkemu,modules = "echo"; };
              };
            };
            """);
        MkProcess run = mk.start("run", tree, "--ipi", mailbox);
        run.awaitOut(1, "no module runs a task; Ctrl-C ends this run");
        run.signal("INT");
        run.ends(130);
        assertTrue(run.out("did not shut down").isEmpty(), run::describe);
        assertEquals(1, run.out("^ +1 +a +active +\\d+ +5 ").size(), run::describe);
        assertEquals(1, run.out("^ +2 +b +active +\\d+ +3 ").size(), run::describe);
    }

    @ParameterizedTest
    @ValueSource(strings = {"haltpoll", "halt", "poll"})
    void reportsWhatTheLastCallbackHasDone(String idle) throws Exception {
        Path jar = ModuleJar.of(mk.work(), Slow.class);
        Path tree = new TreeSource().bootargs("idle=" + idle).instance("a", jar).instance("b", jar)
            .write(mk.work(), "slow");
        MkProcess run = mk.start("run", tree).ends(0);
        assertEquals(1, run.out("b: Slow: slow: has heard all$").size(), run::describe);
        assertEquals(1, run.out("^ +1 +a +active .* " + Slow.MESSAGES + " +0 +\\d+$").size(), run::describe);
        assertEquals(1, run.out("^ +2 +b +active .* 0 +" + Slow.MESSAGES + " +\\d+$").size(), run::describe);
    }

    @Test
    void outputThatNobodyGetsIsNoSuccess() throws Exception {
        MkProcess full = mk.launch(List.of("bash", "-c", "exec \"$@\" > /dev/full", "full",
            Mk.root().resolve("scripts/mk").toString()), mk.work(), "--version");
        full.refuses(5, "standard output cannot be written");
    }

    @Test
    void whoStopsReadingIsNotTold() throws Exception {
        MkProcess head = mk.launch(List.of("bash", "-c", "exec 3> >(exit); wait $!; \"$@\" >&3", "head",
            Mk.root().resolve("scripts/mk").toString()), mk.work(), "run", "--help");
        head.ends(141);
        assertEquals(List.of(), head.err(), head::describe);
    }

    @Test
    void runsByWayOfALinkToTheScript() throws Exception {
        Path link = Files.createSymbolicLink(mk.work().resolve("mk"), Mk.root().resolve("scripts/mk"));
        MkProcess process = mk.launch(List.of(link.toString()), mk.work(), "--version").ends(0);
        assertEquals(1, process.out("^mkemu \\S+, ABI \\d+, Java ").size(), process::describe);
        assertEquals(1, process.out().size(), process::describe);
    }

    @Test
    void saysOnceThatCpusShareAHostCpu() throws Exception {
        Path jar = ModuleJar.of(mk.work(), OneShot.class);
        Path tree = new TreeSource().bootargs("idle=poll").host(jar).instance("one", jar).instance("two", jar)
            .write(mk.work(), "crowd");
        MkProcess run = mk.startWith(List.of("taskset", "-c", Procs.firstAllowedCpu()), "run", tree).ends(0);
        assertEquals(1, run.out("share host CPU").size(), run::describe);
        assertEquals(3, run.out("one-shot: done").size(), run::describe);
    }

    @Test
    void keepsTwoMachinesApart() throws Exception {
        Path chatter = ModuleJar.of(mk.work(), Chatter.class);
        Path tree = new TreeSource().host(chatter).instance("web", chatter).instance("db", chatter)
            .write(mk.work(), "left");
        MkProcess left = mk.start("run", tree);
        MkProcess right = mk.start("run", "--machine", "right", tree);
        left.awaitOut(3, "chatter: hears all");
        right.awaitOut(3, "chatter: hears all");
        assertEquals(2, Procs.instances(mk.machine("left")).size());
        assertEquals(2, Procs.instances(mk.machine("right")).size());
        right.signal("INT");
        right.ends(130);
        assertFalse(Files.exists(mk.machine("right")));
        assertEquals(2, Procs.instances(mk.machine("left")).size());
        mk.start("demo", "--messages", 500, "--json").ends(0);
        assertTrue(left.isAlive(), left::describe);
        left.signal("INT");
        left.ends(130);
        assertTrue(Stream.of(left, right).allMatch(run -> run.out("^ +[012] +\\w+ +active").size() == 3),
            left::describe);
    }

    @Test
    void refusesTheSameNameTwice() throws Exception {
        Path chatter = ModuleJar.of(mk.work(), Chatter.class);
        Path tree = new TreeSource().host(chatter).instance("web", chatter).write(mk.work(), "twice");
        MkProcess first = mk.start("run", tree);
        first.awaitOut(2, "chatter: hears all");
        mk.start("run", tree).refuses(4, "machine \"twice\" runs already");
        mk.start("demo", "--machine", "twice", "--json").refuses(4, "machine \"twice\" runs already");
        assertTrue(first.isAlive(), first::describe);
        assertEquals(1, Procs.instances(mk.machine("twice")).size());
        first.signal("INT");
        first.ends(130);
        assertEquals(2, first.out("^ +[01] +\\w+ +active").size(), first::describe);
    }
}
