// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.system.modules.BadStart;
import io.mkemu.system.modules.Quiet;
import io.mkemu.system.modules.Stuck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Every verb in right and wrong order, as a person types them: states, exit codes, messages. */
@Timeout(300)
class LifecycleIT {
    private static final Object[] CREATE = {"create", "web", "--cpus", "1", "--memory", "8M"};
    private static final String TO_LOAD = "nothing is loaded: mk load names its modules";

    @RegisterExtension
    final Mk mk = new Mk();

    private Path quiet;

    @BeforeEach
    void makeMachine() throws Exception {
        quiet = ModuleJar.of(mk.work(), Quiet.class);
        mk.start("init", "--machine", "lab", "--cpus", "0-3", "--memory", "32M").ends(0);
    }

    /** Ends the machine; Mk sees to it that nothing is left. */
    private void end() throws Exception {
        MkProcess shutdown = mk.start("shutdown").ends(0);
        assertEquals(List.of("machine lab: ended"), shutdown.out(), shutdown::describe);
        assertTrue(Files.notExists(mk.machine("lab")));
    }

    private String says(Object... verb) throws Exception {
        MkProcess process = mk.start(verb).ends(0);
        assertEquals(List.of(), process.err(), process::describe);
        assertEquals(1, process.out().size(), process::describe);
        return process.out().getFirst();
    }

    private void matches(String pattern, Object... verb) throws Exception {
        String line = says(verb);
        assertTrue(line.matches(pattern), line);
    }

    private JsonNode web() throws Exception {
        return mk.ask("lab", "{'verb':'show','names':['web']}").get("instances").get(0);
    }

    /** All of them at once: what is refused changes nothing. */
    private void allRefused(int code, Map<List<Object>, String> verbs) throws Exception {
        String before = state();
        Map<MkProcess, String> started = new LinkedHashMap<>();
        for (Map.Entry<List<Object>, String> verb : verbs.entrySet()) {
            started.put(mk.start(verb.getKey().toArray()), verb.getValue());
        }
        for (Map.Entry<MkProcess, String> one : started.entrySet()) {
            one.getKey().refuses(code, one.getValue());
        }
        assertEquals(before, state());
    }

    private String state() throws Exception {
        JsonNode status = mk.ask("lab", "{'verb':'show'}");
        List<String> state = new ArrayList<>();
        JsonNode machine = status.get("machine");
        state.add(machine.get("freeCpus") + " " + machine.get("freeMemory"));
        status.get("instances").forEach(one -> state.add(one.get("name") + " " + one.get("state") + " "
            + one.get("pid") + " " + one.get("cpus") + " " + one.get("memory") + " " + one.get("modules")
            + " " + one.get("reason")));
        return state.toString();
    }

    @Test
    void aSessionOfEveryVerbInRightAndWrongOrder() throws Exception {
        empty();
        ready();
        loaded();
        active();
        failed();
        end();
        mk.start("show").refuses(4, "^mk: no machine runs; start one with: mk run FILE.dts, or mk init$");
    }

    private void empty() throws Exception {
        String none = "there is no instance \"web\": the machine has none, mk create makes one";
        allRefused(7, Map.of(List.of("show", "web"), none, List.of("update", "web", "--cpus", "1"), none,
            List.of("load", "web"), none, List.of("exec", "web"), none, List.of("kill", "web"), none,
            List.of("kill", "-f", "web"), none, List.of("unload", "web"), none, List.of("delete", "web"), none,
            List.of("exec", "--all"), "no instance is loaded or failed: mk show lists them",
            List.of("kill", "--all"), "no instance is active: mk show lists them"));
        String host = "the host kernel lives and ends with its machine: mk shutdown ends both";
        allRefused(7, Map.of(List.of("delete", "host"), host, List.of("kill", "-f", "--id", "0"), host));
        allRefused(5, Map.of(
            List.of("create", "web", "--cpus", "0", "--memory", "8M"), "CPU 0 is the host's own: free are 1 2 3",
            List.of("create", "web", "--cpus", "9", "--memory", "8M"), "CPU 9 is not in the machine's pool 0 1 2 3",
            List.of("create", "web", "--cpu-count", "4", "--memory", "8M"), "4 CPUs are wanted, free are 1 2 3",
            List.of("create", "web", "--cpus", "1", "--memory", "64M"),
            "no 67108864 bytes in 8 pieces or fewer are left",
            List.of("create", "web", "--cpus", "1", "--memory", "64M", "--dry-run"),
            "no 67108864 bytes in 8 pieces or fewer are left"));
    }

    private void ready() throws Exception {
        matches("web: empty, id 1, CPUs 1, 8 MiB; dry run, nothing is created", "create", "web", "--cpus", "1",
            "--memory", "8M", "--dry-run");
        assertEquals("web: ready, id 1, CPUs 1, 8 MiB", says(CREATE));
        allRefused(7, Map.of(List.of(CREATE), "instance web exists already and is ready: mk update changes it",
            List.of("create", "db", "--id", "1", "--cpus", "2", "--memory", "8M"), "id 1 is that of instance web",
            List.of("exec", "web"), "instance web is ready: " + TO_LOAD,
            List.of("kill", "web"), "instance web is ready: no kernel runs: mk load and mk exec start one",
            List.of("kill", "-f", "1"), "instance web is ready: no kernel runs",
            List.of("unload", "--id=1"), "instance web is ready: nothing is loaded: mk load names its modules, mk "
                + "delete removes it"));
        allRefused(3, Map.of(List.of("load", "web", "--modules", "nope"), "module \"nope\" is not a built-in module",
            List.of("load", "web", "--module", "nope.jar"), "module \"" + mk.work() + "/nope.jar\" does not exist",
            List.of("load", "web", "--cmdline", "idle=nap"), "idle=nap is not an idle policy",
            List.of("load", "web", "--cmdline", "mk_epoch=1"), "mk_epoch= is set by the host"));
        assertEquals("web: ready, id 1, CPUs 2,3, 16 MiB", says("update", "web", "--cpus", "2-3", "--memory", "16MB"));
        assertEquals("web: ready, id 1, CPUs 1, 4 MiB; dry run, nothing is changed",
            says("update", "web", "--cpus", "1", "--memory", "4M", "--dry-run"));
        assertEquals("web: ready, id 1, CPUs 1, 16 MiB", says("update", "--id", "1", "--cpus", "1"));
    }

    private void loaded() throws Exception {
        assertEquals("web: loaded",
            says("load", "web", "--modules", quiet.getFileName(), "--cmdline", "idle=halt quiet.x=1"));
        assertEquals("[\"" + quiet + "\"]", web().get("modules").toString());
        allRefused(7, Map.of(List.of(CREATE), "instance web exists already and is loaded",
            List.of("load", "web"), "instance web is loaded: mk exec boots it, mk unload takes away what is loaded",
            List.of("kill", "web"), "instance web is loaded: no kernel runs: mk exec starts one, mk unload and mk",
            List.of("delete", "web"), "instance web is loaded: mk unload takes away what is loaded, then mk delete"));
        assertEquals("web: loaded", says("kill", "-f", "web"));
        assertEquals("web: loaded, id 1, CPUs 1, 8 MiB", says("update", "web", "--memory", "8M"));
    }

    private void active() throws Exception {
        matches("web: active, pid [1-9]\\d*, boot \\d+ ms", "exec", "web");
        allRefused(7, Map.of(List.of(CREATE), "instance web exists already and is active",
            List.of("load", "web"), "instance web is active: cannot load it: mk kill ends its kernel",
            List.of("update", "web", "--cpus", "2"), "instance web is active: cannot update it: mk kill",
            List.of("exec", "web"), "instance web is active: its kernel runs already: mk kill ends it",
            List.of("exec", "--all"), "no instance is loaded or failed",
            List.of("unload", "web"), "instance web is active: cannot unload it: mk kill ends its kernel",
            List.of("delete", "--dry-run", "web"), "instance web is active: cannot delete it: mk kill ends"));
        assertEquals("web: loaded", says("kill", "web"));
        assertEquals(1, mk.start("dmesg", "web").ends(0).out("quiet: exit").size());
        says("exec", "web");
        assertEquals("web: loaded", says("kill", "--force", "web"));
        assertEquals(1, mk.start("dmesg", "web").ends(0).out("quiet: exit").size(), "a forced kernel was asked");
        says("exec", "--all");
        assertEquals(3, web().get("epoch").asInt());
    }

    private void failed() throws Exception {
        killKernel();
        allRefused(7, Map.of(List.of(CREATE), "instance web exists already and is failed",
            List.of("kill", "web"), "instance web is failed: no kernel runs: mk exec starts one, mk delete removes",
            List.of("kill", "-f", "web"), "instance web is failed: no kernel runs"));
        matches("web: active, pid [1-9]\\d*, boot \\d+ ms", "exec", "web");
        killKernel();
        assertEquals("web: loaded", says("load", "web", "--modules", "echo"));
        assertEquals("", web().get("reason").asText());
        assertEquals("web: ready", says("unload", "web"));
        says("load", "web", "--modules", "echo");
        says("exec", "web");
        killKernel();
        assertEquals("web: ready", says("unload", "web"));
        assertEquals("web: could be deleted; dry run, nothing is", says("delete", "web", "--dry-run"));
        says("load", "web", "--modules", "echo");
        says("exec", "web");
        killKernel();
        assertEquals("web: deleted", says("delete", "web"));
        JsonNode machine = mk.json("show").get("machine");
        assertEquals("[1,2,3]", machine.get("freeCpus").toString());
        assertEquals(machine.get("memory"), machine.get("freeMemory"));
    }

    private void killKernel() throws Exception {
        JsonNode before = web();
        assertEquals("active", before.get("state").asText());
        Procs.signal("KILL", before.get("pid").asLong());
        JsonNode after = web();
        while (after.get("state").asText().equals("active")) {
            after = web();
        }
        assertEquals("failed", after.get("state").asText());
        assertEquals("killed by signal 9 (SIGKILL)", after.get("reason").asText());
        assertEquals(0, after.get("pid").asLong());
    }

    @Test
    void aKernelThatDoesNotComeUpIsFailedAndSaysWhy() throws Exception {
        says(CREATE);
        says("load", "web", "--module", ModuleJar.of(mk.work(), BadStart.class));
        mk.start("exec", "web").refuses(1, "instance web is failed: module .*BadStart.jar cannot be loaded: .*no number"
            + ".*; see mk dmesg web$");
        MkProcess show = mk.start("show", "web").ends(0);
        assertEquals(1, show.out("^web failed: module .* cannot be loaded: .*no number").size(), show::describe);
        assertEquals(0, Procs.instances(mk.machine("lab")).size());
        end();
    }

    @Test
    void aModuleThatHangsIsForced() throws Exception {
        Path stuck = ModuleJar.of(mk.work(), Stuck.class);
        says(CREATE);
        says("load", "web", "--module", stuck);
        says("exec", "web");
        MkProcess kill = mk.start("kill", "web", "--timeout", "0.5").ends(0);
        assertEquals(List.of("web: did not shut down within 500 ms, forced", "web: loaded"), kill.out(),
            kill::describe);
        says("unload", "web");
        says("load", "web", "--module", stuck, "--cmdline", "stuck.where=init");
        mk.start("exec", "web", "--timeout", "3").refuses(1, "instance web is not active after 3000 ms and goes on "
            + "booting: mk dmesg web shows where it is, mk kill -f ends it");
        JsonNode booting = web();
        assertEquals("loaded booting", booting.get("state").asText() + " " + booting.get("detail").asText());
        String boots = "instance web is loaded \\(booting\\): ";
        allRefused(7, Map.of(List.of("kill", "web"), boots + "mk kill needs an active one",
            List.of("exec", "web"), boots + "its kernel runs already",
            List.of("unload", "web"), boots + "cannot unload it", List.of("delete", "web"), boots + "cannot delete it",
            List.of("load", "web"), boots + "cannot load it"));
        assertEquals("web: loaded", says("kill", "-f", "web"));
        assertEquals("", web().get("detail").asText());
        says("unload", "web");
        says("load", "web", "--module", stuck);
        says("exec", "web");
        MkProcess shutdown = mk.start("shutdown", "--timeout", "0.5").ends(0);
        assertEquals(List.of("web: did not shut down within 500 ms, forced", "machine lab: ended"), shutdown.out(),
            shutdown::describe);
    }

    @Test
    void aShutdownThatWaitsCanBeForced() throws Exception {
        says(CREATE);
        says("load", "web", "--module", ModuleJar.of(mk.work(), Stuck.class));
        says("exec", "web");
        MkProcess waits = mk.start("shutdown", "--timeout", "3600");
        while (!web().get("detail").asText().equals("shutting down")) {
            assertTrue(waits.isAlive(), waits::describe);
        }
        mk.start("create", "db", "--cpus", "2", "--memory", "8M").refuses(4, "machine \"lab\" is being shut down");
        MkProcess forces = mk.start("shutdown", "--force").ends(0);
        waits.ends(0);
        assertEquals(1, waits.out("^machine lab: ended$").size(), waits::describe);
        assertEquals(1, forces.out("^machine lab: ended$").size(), forces::describe);
    }

    @Test
    void showTellsAllAboutMachineAndInstances() throws Exception {
        says(CREATE);
        says("create", "db", "--cpus", "2-3", "--memory", "16M", "--id", "9");
        says("load", "web", "--modules", "echo", "--cmdline", "idle=halt", "--restart", "on-failure:2");
        says("exec", "web");
        JsonNode status = mk.json("show");
        JsonNode machine = status.get("machine");
        assertEquals("lab queued active [0,1,2,3] [] 33554432 8388608 " + mk.machine("lab"),
            machine.get("name").asText() + " " + machine.get("ipi").asText() + " " + machine.get("state").asText()
            + " " + machine.get("cpus") + " " + machine.get("freeCpus") + " " + machine.get("memory") + " "
            + machine.get("freeMemory") + " " + machine.get("directory").asText());
        assertEquals(Files.size(mk.machine("lab").resolve("ram")), machine.get("ram").asLong());
        List<String> ids = new ArrayList<>();
        status.get("instances").forEach(one -> ids.add(one.get("id") + " " + one.get("name").asText()));
        assertEquals(List.of("0 host", "1 web", "9 db"), ids);
        JsonNode web = status.get("instances").get(1);
        assertEquals("active 8388608 1 on-failure:2 0 false [\"echo\"] [1]", web.get("state").asText() + " "
            + web.get("memory") + " " + web.get("epoch") + " " + web.get("restart").asText() + " "
            + web.get("restarts") + " " + web.get("external") + " " + web.get("modules") + " " + web.get("cpus"));
        assertEquals(Procs.instances(mk.machine("lab")).get(1), web.get("pid").asLong());
        assertTrue(web.get("cmdline").asText().startsWith("idle=halt mk_ipi_shared=0x"), web::toString);
        List<String> steps = new ArrayList<>();
        web.get("bootMillis").fieldNames().forEachRemaining(steps::add);
        assertEquals(List.of("fork", "jvm", "map", "pin", "modules"), steps);
        assertTrue(web.get("counters").get("halts").isIntegralNumber(), web::toString);
        List<String> text = mk.start("show").ends(0).out();
        assertTrue(text.getFirst().matches("machine lab: queued, CPUs 0-3 \\(none free\\), 32 MiB \\(8 MiB free\\), "
            + "host pid \\d+, up \\d+\\.\\d s"), text::toString);
        assertTrue(text.get(1).matches(" +id +name +state +pid +cpus +memory +epoch"), text::toString);
        assertTrue(text.get(3).matches(" +1 +web +active +\\d+ +1 +8 MiB +1"), text::toString);
        assertTrue(text.get(4).matches(" +9 +db +ready +- +2,3 +16 MiB +0"), text::toString);
        MkProcess verbose = mk.start("show", "-v", "1").ends(0);
        assertEquals(1, verbose.out("host cpus \\d+, modules echo, restart on-failure:2, 0 in a row").size(),
            verbose::describe);
        assertEquals(1, verbose.out("boot \\d+\\.\\d ms: fork .*, jvm .*, map .*, pin .*, modules \\d").size(),
            verbose::describe);
        end();
    }

    @Test
    void anExternalInstanceIsJoinedByTheCommandThatIsPrinted() throws Exception {
        says("create", "web", "--cpus", "1", "--memory", "8M", "--external");
        says("load", "web", "--modules", quiet.getFileName());
        mk.start("exec", "web", "--timeout", "0.5").ends(1);
        MkProcess exec = mk.start("exec", "web");
        exec.awaitOut(1, "^web: a JVM joins it by: ");
        assertTrue(exec.isAlive());
        assertEquals("waits to be joined", web().get("detail").asText());
        String command = exec.out("a JVM joins it by: ").getFirst().replaceFirst(".* joins it by: ", "");
        MkProcess joined = mk.launch(List.of("sh", "-c", "exec " + command), mk.work());
        exec.ends(0);
        assertEquals(1, exec.out("^web: active, pid " + joined.pid() + ", boot \\d+ ms").size(), exec::describe);
        assertEquals("web: loaded", says("kill", "web"));
        joined.ends(0);
        end();
    }

    @Test
    void whoInterruptsAVerbDoesNotStopTheHost() throws Exception {
        says("create", "web", "--cpus", "1", "--memory", "8M");
        says("load", "web", "--modules", quiet.getFileName());
        MkProcess exec = mk.start("exec", "web", "--external");
        exec.awaitOut(1, "^web: a JVM joins it by: ");
        exec.signal("INT");
        exec.ends(130);
        assertTrue(exec.err().getFirst().matches(
            "mk: interrupted; the host of machine \"lab\" goes on with exec: mk show tells what comes of it"),
            exec::describe);
        assertEquals("waits to be joined", web().get("detail").asText());
        mk.start("kill", "web").refuses(7, "instance web is loaded \\(waits to be joined\\): mk kill needs an active");
        assertEquals("web: loaded", says("kill", "-f", "web"));
        end();
    }
}
