// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.os.StoppedProcess;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every verb in right and wrong order, as a person types them: states, exit codes, messages. */
class LifecycleIT extends LabMachine {
    private static final String TO_LOAD = "nothing is loaded: mk load names its modules";

    private void matches(String pattern, Object... verb) throws Exception {
        String line = says(verb);
        assertTrue(line.matches(pattern), line);
    }

    @Test
    void aSessionOfEveryVerbInRightAndWrongOrder() throws Exception {
        empty();
        ready();
        loaded();
        active();
        failed();
        end();
        mk.run("show").refuses(4, "^mk: no machine runs; start one with: mk run FILE.dts, or mk init$");
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
            List.of("pause", "web"), "instance web is ready: no kernel runs: mk load and mk exec start one",
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
        assertEquals(1, mk.run("dmesg", "web").ends(0).out("quiet: exit").size());
        says("exec", "web");
        assertEquals("web: loaded", says("kill", "--force", "web"));
        assertEquals(1, mk.run("dmesg", "web").ends(0).out("quiet: exit").size(), "a forced kernel was asked");
        says("exec", "--all");
        assertEquals(3, web().get("life").asInt());
        paused();
    }

    /** A process that stands still takes no message; only the operating system can say that it does. */
    private void paused() throws Exception {
        long pid = web().get("pid").asLong();
        allRefused(7, Map.of(List.of("continue", "web"), "instance web is active: it is not paused",
            List.of("continue", "--all"), "no instance is paused: mk show lists them"));
        says("pause", "web");
        assertTrue(StoppedProcess.isStopped(pid));
        assertEquals("paused", web().get("detail").asText());
        says("pause", "--all");
        says("continue", "web");
        assertEquals(false, StoppedProcess.isStopped(pid));
        assertEquals("", web().get("detail").asText());
        Procs.signal("STOP", pid);
        assertEquals("paused", web().get("detail").asText());
        says("continue", "--all");
        says("pause", "web");
        assertEquals("web: loaded", says("kill", "web"));
        assertEquals(2, mk.run("dmesg", "web").ends(0).out("quiet: exit").size(), "it went on, and was asked");
        says("exec", "web");
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
}
