// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.RamHeaderDescriptor;
import io.mkemu.system.modules.Flooder;
import io.mkemu.system.modules.OneShot;
import io.mkemu.system.modules.Quiet;
import io.mkemu.system.modules.Speaker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The kernel log of machines that run and of those that are dead: mk dmesg, mk console, loglevel=, rate limits. */
@Timeout(600)
class KernelLogIT {
    private static final int INSTANCES_END_SECONDS = 20;
    private static final List<String> LEVELS = List.of("emerg", "alert", "crit", "err", "warn", "notice", "info",
        "debug");
    private static final Pattern SUPPRESSED = Pattern.compile("\\] host: (.*): (\\d+) callbacks suppressed$");

    @RegisterExtension
    final Mk mk = new Mk();

    /** What lines say, behind the time. */
    private static List<String> texts(List<String> lines) {
        return lines.stream().map(line -> line.replaceFirst("^\\[ *\\d+\\.\\d{6}\\] ", "")).toList();
    }

    private List<String> dmesg(Object... args) throws Exception {
        List<Object> all = new ArrayList<>(List.of("dmesg"));
        all.addAll(List.of(args));
        Ended dmesg = mk.run(all.toArray()).ends(0);
        assertEquals(List.of(), dmesg.err(), dmesg::describe);
        return texts(dmesg.out());
    }

    private Path speakers(String machine, String host, String web) throws Exception {
        Path jar = ModuleJar.of(mk.work(), Speaker.class);
        return new TreeSource().bootargs("idle=halt " + web).instance("web", jar).bootargs("idle=halt " + host)
            .host(jar).write(mk.work(), machine);
    }

    private static List<String> saidLevels(List<String> texts, String before) {
        return texts.stream().filter(text -> text.startsWith(before + "speaker: says "))
            .map(text -> text.substring((before + "speaker: says ").length())).filter(LEVELS::contains).toList();
    }

    @Test
    void theConsoleShowsWhatTheLoglevelOfEachKernelLetsThroughAndDmesgAll() throws Exception {
        MkProcess run = mk.start("run", speakers("levels", "quiet shade=dark", "loglevel=3 loglevel=8 colour"));
        run.awaitOut(1, "web: speaker: says debug");
        run.awaitOut(2, "web: speaker: beat");
        run.awaitOut(1, "host: speaker: says err");
        assertEquals(LEVELS, saidLevels(texts(run.out()), "web: "), run::describe);
        List<String> host = dmesg();
        assertEquals(LEVELS, saidLevels(host, ""));
        assertTrue(host.contains("speaker: colour is null, shade dark"), host::toString);
        List<String> web = dmesg("web");
        assertEquals(LEVELS, saidLevels(web, ""));
        assertTrue(web.getFirst().matches("Command line: idle=halt loglevel=3 loglevel=8 colour mk_ipi_shared=0x.*"),
            web::toString);
        assertTrue(web.containsAll(List.of("speaker: colour is , shade null", "speaks on stdout", "speaks on stderr",
            "speaks half a li")), web::toString);
        assertEquals(LEVELS, saidLevels(dmesg("1", "--machine", "levels"), ""));
        assertEquals(List.of("crit", "err", "warn"), saidLevels(dmesg("web", "-l", "warn,3", "-l", "crit"), ""));
        run.signal("INT");
        run.ends(130);
        assertEquals(LEVELS.subList(0, 4), saidLevels(texts(run.out()), "host: "), run::describe);
        assertTrue(run.out("host: speaker: (beat|says good-bye)").isEmpty(), run::describe);
        assertEquals(1, run.out("web: speaker: says good-bye").size(), run::describe);
    }

    @Test
    void jsonSaysTheSame() throws Exception {
        MkProcess run = mk.start("run", speakers("json", "", ""));
        run.awaitOut(2, "web: speaker: beat");
        Ended json = mk.run("dmesg", "web", "--json").ends(0);
        long time = 0;
        List<String> levels = new ArrayList<>();
        for (String line : json.out()) {
            JsonNode node = new ObjectMapper().readTree(line);
            assertEquals(4, node.size(), line);
            assertTrue(node.get("time").longValue() >= time, line);
            time = node.get("time").longValue();
            String text = node.get("text").textValue();
            if (text.startsWith("speaker: says ")) {
                levels.add(node.get("level").textValue());
                assertEquals("speaker: says " + levels.getLast(), text);
                assertEquals(1, node.get("cpu").intValue(), line);
            } else if (text.startsWith("Command line: ")) {
                assertTrue(node.get("cpu").isNull(), line);
            }
        }
        assertEquals(LEVELS, levels, json::describe);
        run.signal("INT");
        run.ends(130);
    }

    @Test
    void aFloodIsLimitedAndItsCountIsExact() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Flooder.class);
        MkProcess run = mk.start("run", new TreeSource().host(jar).instance("web").write(mk.work(), "flood"));
        run.awaitOut(1, "flooder: after the flood");
        List<String> log = dmesg("host");
        assertTrue(log.contains("flooder: before the flood"), () -> "the flood has flushed the ring: " + log);
        run.signal("INT");
        run.ends(130);
        countIsExact(run, "flooder: line of the flood", "flooder (err)");
        countIsExact(run, "mkemu: no handler for IPI type 0x52 from CPU 0", "mkemu: no handler");
        countIsExact(run, "flooder: callback for IPI type 0x51 threw java.lang.IllegalStateException: flood",
            "flooder: callback");
    }

    /** What was printed and what was told as suppressed, at the latest at the end, makes up the flood. */
    private static void countIsExact(MkProcess run, String line, String source) {
        int printed = run.out("\\] host: " + Pattern.quote(line) + "$").size();
        long suppressed = run.out().stream().flatMap(text -> SUPPRESSED.matcher(text).results())
            .filter(told -> told.group(1).equals(source)).map(MatchResult::group)
            .mapToLong(told -> Long.parseLong(told.replaceFirst(".*: (\\d+) callbacks suppressed$", "$1"))).sum();
        assertEquals(Flooder.FLOOD, printed + suppressed, () -> source + ": " + printed + " + " + suppressed
            + run.describe());
        assertTrue(printed >= 10 && suppressed > 0, () -> source + ": " + printed + " + " + suppressed);
    }

    @Test
    void theLastWordsOfAKilledKernelAreInItsLog() throws Exception {
        MkProcess run = mk.start("run", speakers("killed", "", ""));
        run.awaitOut(2, "web: speaker: beat");
        Procs.signal("KILL", Procs.instances(mk.machine("killed")).get(1));
        run.awaitOut(1, "web: mkemu: instance failed: killed by signal 9");
        List<String> shown = texts(run.out("web: speaker: beat"));
        List<String> log = dmesg("web");
        /* What the host has shown was in the log, and what the kernel said after that is there too. */
        assertTrue(log.contains(shown.getLast().substring("web: ".length())), log::toString);
        assertTrue(log.contains("speaks half a li"), log::toString);
        run.signal("INT");
        run.ends(130);
    }

    @Test
    void aFaultThatEndsTheKernelIsInItsLogWithATrace() throws Exception {
        MkProcess run = mk.start("run", speakers("fault", "", "speaker.end=interrupt"));
        run.awaitOut(1, "web: mkemu: instance failed: fault of mkemu: java.lang.InterruptedException");
        List<String> emergencies = dmesg("web", "-l", "emerg");
        int why = emergencies.indexOf("mkemu: fault of mkemu: java.lang.InterruptedException");
        assertTrue(why >= 0 && emergencies.stream().skip(why)
            .anyMatch(line -> line.startsWith("  at io.mkemu.kernel.InstanceMain.main(")), emergencies::toString);
        run.signal("INT");
        run.ends(130);
    }

    @Test
    void aKernelWhoseModuleExitsSaysSo() throws Exception {
        MkProcess run = mk.start("run", speakers("exit", "", "speaker.end=exit"));
        run.awaitOut(1, "web: mkemu: instance failed: ended with exit code 3");
        assertTrue(dmesg("web", "-l", "emerg").stream()
            .anyMatch(line -> line.startsWith("mkemu: the process of this kernel exits: System.exit")), run::describe);
        run.signal("INT");
        run.ends(130);
    }

    @Test
    void theLogOfAMachineWhoseHostWasKilledCanBeRead() throws Exception {
        MkProcess run = mk.start("run", speakers("remains", "", ""));
        run.awaitOut(2, "web: speaker: beat");
        run.kill();
        Procs.awaitNoInstances(mk.machine("remains"), INSTANCES_END_SECONDS);
        for (List<Object> args : List.<List<Object>>of(List.of("dmesg", "web"), List.of("dmesg", "web", "-w"),
            List.of("console", "web", "--machine", "remains"))) {
            Ended look = mk.run(args.toArray()).ends(0);
            assertEquals(1, look.err().size(), look::describe);
            assertTrue(look.err().getFirst().contains("machine \"remains\" does not run, its host was killed"),
                look::describe);
            assertTrue(texts(look.out()).containsAll(List.of("speaks half a li", "speaker: beat 2")), look::describe);
            assertTrue(texts(look.out()).getLast().startsWith("mkemu: the host is gone"), look::describe);
        }
        Ended json = mk.run("dmesg", "--json").ends(0);
        assertTrue(json.out().size() > LEVELS.size(), json::describe);
        mk.run("interrupts").refuses(4, "no machine runs");
        mk.run("dmesg", "nix").refuses(7, "machine \"remains\" has no instance \"nix\"; it has host \\(0\\), web");
        Path once = ModuleJar.of(mk.work(), OneShot.class);
        mk.start("run", new TreeSource().host(once).instance("web", once).write(mk.work(), "remains")).ends(0);
        mk.run("dmesg").refuses(4, "no machine runs; start one with: mk run");
    }

    @Test
    void theConsoleFollowsUntilTheMachineEnds() throws Exception {
        MkProcess run = mk.start("run", speakers("follow", "", "loglevel=6"));
        run.awaitOut(1, "web: speaker: says notice");
        MkProcess console = mk.start("console", "web");
        MkProcess host = mk.start("console", "host", "--machine", "follow");
        MkProcess dmesg = mk.start("dmesg", "web", "--follow");
        MkProcess stopped = mk.start("console", "host");
        for (MkProcess follower : List.of(host, dmesg, stopped)) {
            follower.awaitOut(1, "speaker: says notice");
            int beats = follower.out("beat \\d+$").size();
            follower.awaitOut(beats + 3, "beat \\d+$");
        }
        stopped.signal("INT");
        stopped.ends(130);
        console.awaitOut(1, "speaker: says notice");
        run.signal("TERM");
        run.ends(143);
        for (MkProcess follower : List.of(console, host, dmesg)) {
            follower.ends(0);
            assertEquals(List.of(), follower.err(), follower::describe);
        }
        assertTrue(console.out("beat|says info|says debug").isEmpty(), console::describe);
        assertEquals(1, dmesg.out("speaker: says good-bye").size(), dmesg::describe);
        assertEquals(1, host.out("speaker: says good-bye").size(), host::describe);
    }

    @Test
    void aFollowerEndsWhenNobodyReadsIt() throws Exception {
        MkProcess run = mk.start("run", speakers("pipe", "", ""));
        run.awaitOut(1, "web: speaker: beat");
        MkProcess head = mk.launch(List.of("bash", "-c", "\"$@\" | head -n 1", "pipe",
            Mk.root().resolve("scripts/mk").toString()), mk.work(), "console", "web");
        head.ends(0);
        assertEquals(1, head.out().size(), head::describe);
        run.signal("INT");
        run.ends(130);
    }

    @Test
    void aMalformedParameterEndsTheBootInOneLine() throws Exception {
        Path tree = mk.work().resolve("hand.dts");
        Files.writeString(tree, """
            /dts-v1/;
            / { compatible = "multikernel-v1";
              resources { cpus = <0 1>; memory-bytes = <0x1000000>; };
              mkemu,modules = "%s";
              instances { web { id = <1>; resources { cpus = <1>; memory-bytes = <0x400000>; }; mkemu,external; }; };
            };
            """.formatted(ModuleJar.of(mk.work(), Quiet.class)));
        MkProcess run = mk.start("run", tree);
        run.awaitOut(1, "mkemu: web: external, waits to be joined");
        run.awaitOut(1, "host: Quiet: quiet: up");
        String parameters = run.out("a JVM joins it by").getFirst().replaceFirst(".*'(mk_ipi_shared=[^']*)'.*", "$1");
        mk.instance(mk.machine("hand"), 1, parameters + " unknown=1 loglevel=loud")
            .refuses(3, "^mkemu: boot parameter loglevel=loud: expected an integer in 0..10$");
        assertEquals(List.of("mkemu: boot parameter loglevel=loud: expected an integer in 0..10"),
            dmesg("web", "-l", "emerg"));
        assertEquals("boot parameter loglevel=loud: expected an integer in 0..10", reason(mk.machine("hand"), 1));
        run.signal("INT");
        run.ends(130);
    }

    /** What the instance table says of why an instance failed. */
    private static String reason(Path machine, int id) throws IOException {
        try (FileChannel ram = FileChannel.open(machine.resolve("ram"))) {
            ByteBuffer at = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            ram.read(at, RamHeaderDescriptor.INSTANCES_AT_OFFSET);
            ByteBuffer text = ByteBuffer.allocate(InstanceDescriptor.REASON_LENGTH);
            ram.read(text, at.getLong(0) + (long) id * InstanceDescriptor.LENGTH + InstanceDescriptor.REASON_OFFSET);
            return new String(text.array(), StandardCharsets.UTF_8).split("\0", 2)[0];
        }
    }

    @Test
    void wrongNamesAndLevelsAreRefusedInOneLine() throws Exception {
        mk.run("dmesg").refuses(4, "no machine runs; start one with: mk run");
        mk.run("console", "web").refuses(4, "no machine runs; start one with: mk run");
        mk.run("console").refuses(2, "NAME");
        mk.run("dmesg", "-l", "loud").refuses(2, "'loud' is no log level: use emerg, alert, crit");
        MkProcess run = mk.start("run", speakers("names", "", ""));
        run.awaitOut(1, "web: speaker: beat");
        mk.run("console", "db").refuses(7, "machine \"names\" has no instance \"db\"; it has host .0., web .1.$");
        mk.run("dmesg", "--machine", "nix").refuses(4, "machine \"nix\" does not run; running: names");
        run.signal("INT");
        run.ends(130);
    }
}
