// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.system.modules.Awkward;
import io.mkemu.system.modules.BadStart;
import io.mkemu.system.modules.OneShot;
import io.mkemu.system.modules.Quiet;
import io.mkemu.tree.MachineSpec;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Hosts in the background, {@code mk init}, and in the foreground, {@code mk host}; what they have of callers. */
@Timeout(600)
class InitIT {
    /** In /proc/PID/stat, behind the name. */
    private static final int SESSION_FIELD = 3;
    private static final String FLAGS = "--cpus 0-1 --memory 8M";

    @RegisterExtension
    final Mk mk = new Mk();

    private MkProcess init(String machine, String flags) throws IOException {
        return mk.start((Object[]) ("init --machine " + machine + " " + flags).split(" "));
    }

    private long hostPid(String machine) throws IOException {
        return mk.ask(machine, "{'verb':'show'}").get("machine").get("pid").asLong();
    }

    @Test
    void aRamThatSomebodyTruncatedIsSaid() throws Exception {
        mk.start("init", "--machine", "torn", "--cpus", "0-1", "--memory", "8M").ends(0);
        try (FileChannel ram = FileChannel.open(mk.machine("torn").resolve("ram"), StandardOpenOption.WRITE)) {
            ram.truncate(4096);
        }
        mk.run("show").refuses(4, "machine \"torn\": a part of its RAM .*/torn/ram is gone: somebody has truncated "
            + "the file, or its file system has failed; mk shutdown ends the machine$");
        mk.run("iomem").refuses(4, "torn/ram: is 4096 bytes long, its header says ");
        mk.run("shutdown").ends(0);
        assertFalse(Files.exists(mk.machine("torn")));
    }

    @Test
    void aSocketThatSomebodyRemovedIsMadeAnewByAHostThatIsNotStopped() throws Exception {
        mk.start("init", "--machine", "deaf", "--cpus", "0-1", "--memory", "8M").ends(0);
        long pid = mk.json("show").at("/machine/pid").longValue();
        Procs.signal("STOP", pid);
        Procs.awaitStopped(pid);
        Files.delete(mk.machine("deaf").resolve("control"));
        mk.run("show").refuses(4, "machine \"deaf\": its socket .*/deaf/control is gone, somebody has removed it; "
            + "its host \\(pid " + pid + "\\) runs on and can be asked nothing: SIGTERM ends the machine in order$");
        Procs.signal("CONT", pid);
        mk.run("show").ends(0);
        assertEquals(1, mk.run("dmesg").ends(0).out("mkemu: somebody has removed the socket .*/deaf/control; it is "
            + "made anew$").size());
        mk.run("shutdown").ends(0);
        assertFalse(Files.exists(mk.machine("deaf")));
    }

    @Test
    void theHostInTheBackgroundHasNothingOfItsCaller() throws Exception {
        /* MkProcess waits for the end of both streams: init would never end if the host held them. */
        MkProcess init = init("free", FLAGS).ends(0);
        assertEquals(1, init.out().size(), init::describe);
        assertTrue(init.out().getFirst().matches(
            "machine free: CPUs 0,1 \\(0 is the host's\\), 8 MiB free, host pid \\d+"), init::describe);
        long pid = hostPid("free");
        assertEquals("/", Files.readSymbolicLink(proc(pid, "cwd")).toString());
        assertEquals("/dev/null", Files.readSymbolicLink(proc(pid, "fd/0")).toString());
        Path output = mk.machine("free").resolve("host.out");
        assertEquals(output, Files.readSymbolicLink(proc(pid, "fd/1")));
        assertEquals(output, Files.readSymbolicLink(proc(pid, "fd/2")));
        String stat = Files.readString(proc(pid, "stat"));
        assertEquals(Long.toString(pid), stat.substring(stat.lastIndexOf(')') + 2).split(" ")[SESSION_FIELD]);
        /* What the JVM itself prints. */
        Procs.signal("QUIT", pid);
        while (!Files.readString(output).contains("Full thread dump")) {
            assertTrue(Procs.commandLine(pid).size() > 1, "the host died");
            Thread.sleep(1);
        }
        mk.run("shutdown").ends(0);
    }

    private static Path proc(long pid, String file) {
        return Path.of("/proc", Long.toString(pid), file);
    }

    @Test
    void aTreesInstancesAreCreatedAndLoaded() throws Exception {
        Path jar = ModuleJar.of(mk.work(), OneShot.class);
        new TreeSource().host(jar).instance("web", jar.getFileName()).instance("db", "echo")
            .write(mk.work(), "forest");
        JsonNode made = mk.json("init", "forest.dts");
        assertEquals("forest", made.get("machine").get("name").asText());
        assertEquals("0 active [\"" + jar + "\"]", instance(made, 0));
        assertEquals("1 loaded [\"" + jar + "\"]", instance(made, 1));
        assertEquals("2 loaded [\"echo\"]", instance(made, 2));
        mk.start("exec", "--all").ends(0);
        assertEquals("running", mk.json("list").get(0).get("state").asText());
        MkProcess list = mk.start("list").ends(0);
        assertEquals(1, list.out("^forest +running +" + hostPid("forest") + " +3/3 +" + mk.machine("forest") + "$")
            .size(), list::describe);
        mk.run("shutdown", "--machine", "forest").ends(0);
    }

    private static String instance(JsonNode status, int index) {
        JsonNode one = status.get("instances").get(index);
        return one.get("id") + " " + one.get("state").asText() + " " + one.get("modules");
    }

    @Test
    void aDryRunPrintsTheTreeThatWouldBeUsed() throws Exception {
        MkProcess flags = init("dry", "--cpus 0-2 --memory 32MB --ipi single-slot --modules echo --dry-run").ends(0);
        MachineSpec spec = MachineSpec.parse("dry", String.join("\n", flags.out()), mk.work());
        assertEquals(List.of(0, 1, 2), spec.cpus());
        assertEquals(32 << 20, spec.memoryBytes());
        assertEquals(List.of("echo"), spec.host().modules());
        assertEquals("single-slot", spec.ipi().toString());
        Path tree = new TreeSource().instance("web", "echo").write(mk.work(), "dry");
        MkProcess file = mk.start("init", tree, "--dry-run").ends(0);
        assertEquals(MachineSpec.read(tree), MachineSpec.parse("dry", String.join("\n", file.out()), mk.work()));
        assertTrue(Files.notExists(mk.base()));
    }

    @Test
    void whatIsWrongIsToldBeforeAnythingIsMade() throws Exception {
        Path tree = Files.writeString(mk.work().resolve("bad.dts"), "/dts-v1/;\n/ { compatible = \"x\"; };\n");
        for (String words : List.of(FLAGS + " --ipi-slots 3", FLAGS + " --timeout 0", "--cpus 0-1", "--memory 8M",
            "--cpus 1-0 --memory 8M", "--cpus 0,0 --memory 8M", "--cpus 0 --memory 5")) {
            refused("--machine m " + words).refuses(2, "^mk: ");
        }
        mk.run("init").refuses(2, "^mk: ");
        mk.run("init", tree, "--cpus", "0").refuses(2, "^mk: ");
        refused("--machine ../m " + FLAGS).refuses(2, "^mk: ");
        mk.run("init", tree).refuses(3, "^" + tree + ":2:\\d+: 'compatible' is \"x\"");
        mk.run("init", mk.work().resolve("none.dts")).refuses(3, "none.dts: no such file");
        refused("--machine m " + FLAGS + " --modules nope")
            .refuses(3, "^command line: module \"nope\" is not a built-in module");
        refused("--machine m " + FLAGS + " --cmdline idle=nap")
            .refuses(3, "^command line: idle=nap is not an idle policy");
        assertTrue(Files.notExists(mk.base()));
    }

    private Ended refused(String flags) throws IOException {
        return mk.run((Object[]) ("init " + flags).strip().split(" +"));
    }

    @Test
    void aPathTooLongForASocketIsRefusedBeforeAnythingIsMade() throws Exception {
        mk.base(mk.sandbox().resolve("x".repeat(100)));
        String why = "the path of a socket has at most 107 bytes, this one has \\d+; set MKEMU_DIR to a shorter path";
        MkProcess run = mk.start("run", new TreeSource().instance("web", "echo").write(mk.work(), "long"));
        init("long", FLAGS).refuses(4, why);
        run.refuses(4, why);
        assertEquals(List.of(), Trees.below(mk.sandbox()));
    }

    @Test
    void aHostThatCannotComeUpLeavesItsLineAndItsCode() throws Exception {
        Path bad = ModuleJar.of(mk.work(), BadStart.class);
        Path stuck = ModuleJar.of(mk.work(), Awkward.class);
        MkProcess hangs = init("hangs", FLAGS + " --cmdline awkward.in=init --timeout 3 --module " + stuck);
        init("bad", FLAGS + " --module " + bad).refuses(6, "^mk: module .*BadStart.jar cannot be loaded: ");
        hangs.refuses(4, "machine \"hangs\": its host is not up after 3.0 s and was ended: does a module of it hang");
        MkProcess first = init("twice", FLAGS);
        MkProcess second = init("twice", FLAGS);
        int codes = first.end() + second.end();
        assertEquals(4, codes, () -> first.describe() + second.describe());
        mk.run("shutdown").ends(0);
        assertEquals(List.of(), mk.files());
    }

    @Test
    void aKilledHostIsDeadAndInitRecovers() throws Exception {
        init("dead", "--cpus 0-2 --memory 16M").ends(0);
        mk.ask("dead", "{'verb':'create','name':'web','cpus':[1],'memory':4194304}");
        mk.ask("dead", "{'verb':'load','name':'web'}");
        mk.ask("dead", "{'verb':'exec','names':['web']}");
        mk.ask("dead", "{'verb':'create','name':'ext','cpuCount':1,'memory':4194304,'external':true}");
        mk.ask("dead", "{'verb':'load','name':'ext'}");
        MkProcess waits = mk.start("exec", "ext");
        waits.awaitOut(1, "waits to be joined");
        Procs.signal("KILL", hostPid("dead"));
        waits.ends(4);
        assertTrue(waits.err().getFirst().matches("mk: the host ended before it had answered; machine \"dead\" is "
            + "dead, its host was killed: mk init .*"), waits::describe);
        String remedy = "machine \"dead\" is dead, its host was killed: mk init --machine dead clears what it left";
        List<MkProcess> verbs = List.of(mk.start("show", "--machine", "dead"),
            mk.start("exec", "web", "--machine", "dead"), mk.start("shutdown", "--machine", "dead"));
        for (MkProcess verb : verbs) {
            verb.refuses(4, remedy);
        }
        mk.run("show").refuses(4,
            "no machine runs; start one with: .*; what killed hosts left, mk init clears: dead");
        MkProcess list = mk.start("list").ends(0);
        assertEquals(1, list.out("^dead +dead +- +0/3 +" + mk.machine("dead")).size(), list::describe);
        assertEquals(1, list.out("mk init or mk run of that name clears what it left").size(), list::describe);
        init("dead", FLAGS).ends(0);
        assertEquals(1, mk.ask("dead", "{'verb':'show'}").get("instances").size());
        mk.run("shutdown").ends(0);
    }

    @Test
    void aHostThatHangsIsGivenUpByItsClients() throws Exception {
        init("hung", FLAGS).ends(0);
        long pid = hostPid("hung");
        Procs.signal("STOP", pid);
        MkProcess list = mk.start("list");
        mk.run("show").refuses(4, "machine \"hung\": its host \\(pid " + pid + "\\) does not answer within 10 s");
        list.ends(0);
        assertEquals(1, list.out("^hung +running").size(), list::describe);
        Procs.signal("CONT", pid);
        mk.run("show").ends(0);
        mk.run("shutdown").ends(0);
    }

    @Test
    void aRelativeDirectoryIsTheCallersNotTheHosts() throws Exception {
        List<String> wrapper = List.of("env", "-C", mk.sandbox().toString(), "MKEMU_DIR=mk");
        mk.startWith(wrapper, "init", "--machine", "rel", "--cpus", "0-1", "--memory", "8M").ends(0);
        assertTrue(Files.exists(mk.machine("rel").resolve("control")));
        mk.run("shutdown").ends(0);
    }

    @Test
    void theHostInTheForegroundPrintsAllLogsAndEndsInOrder() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Quiet.class);
        for (String end : List.of("TERM", "INT", "shutdown")) {
            MkProcess host = mk.start("host", "--machine", "fg", "--cpus", "0-1", "--memory", "8M", "--module", jar);
            host.awaitOut(1, "host: .*quiet: up");
            mk.ask("fg", "{'verb':'create','name':'late','cpus':[1],'memory':4194304}");
            mk.ask("fg", "{'verb':'load','name':'late','modules':['" + jar + "']}");
            mk.ask("fg", "{'verb':'exec','names':['late']}");
            host.awaitOut(1, "late: .*quiet: up");
            if (end.equals("shutdown")) {
                mk.run("shutdown").ends(0);
                host.ends(0);
            } else {
                host.signal(end);
                host.ends(end.equals("TERM") ? 143 : 130);
            }
            assertEquals(1, host.out("late: .*quiet: exit").size(), host::describe);
            assertEquals(1, host.out("host: .*quiet: exit").size(), host::describe);
            assertTrue(Files.notExists(mk.machine("fg")));
        }
    }

    @Test
    void aQuietHostTakesATreeOnStdinAndPrintsNothing() throws Exception {
        Path tree = new TreeSource().host(ModuleJar.of(mk.work(), Quiet.class)).instance("web", "echo")
            .write(mk.work(), "in");
        MkProcess host = mk.startWith(List.of("sh", "-c", "exec \"$@\" <" + tree, "sh"), "host", "-", "--quiet",
            "--machine", "quiet");
        while (!Files.exists(mk.machine("quiet").resolve("control"))) {
            assertTrue(host.isAlive(), host::describe);
            Thread.sleep(1);
        }
        mk.start("exec", "web").ends(0);
        mk.run("shutdown").ends(0);
        host.ends(0);
        assertEquals(List.of(), host.out());
    }

    @Test
    void aMachineOfARunIsManagedTheSameWay() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Quiet.class);
        MkProcess run = mk.start("run", new TreeSource().instance("web", jar).instance("db", jar)
            .write(mk.work(), "run"));
        run.awaitOut(2, ": .*quiet: up");
        assertEquals(3, mk.json("show").get("instances").size());
        mk.start("kill", "web").ends(0);
        mk.start("exec", "web").ends(0);
        run.awaitOut(3, ": .*quiet: up");
        mk.run("shutdown").ends(0);
        run.ends(0);
        assertFalse(Files.exists(mk.machine("run")));
    }

    @Test
    void completionIsAScriptThatBashReads() throws Exception {
        MkProcess completion = mk.start("completion").ends(0);
        assertTrue(completion.out("complete .* mk").size() > 0, completion::describe);
        Path script = Files.write(mk.work().resolve("mk.bash"), completion.out());
        assertTrue(Procs.run("bash", "-n", script.toString()));
        assertTrue(Procs.run("bash", "-c", "source " + script + " && complete -p mk >/dev/null"));
    }
}
