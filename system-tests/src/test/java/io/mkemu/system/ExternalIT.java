// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Instances whose process somebody else starts, and who waits for them. */
class ExternalIT extends LabMachine {
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
    void theContainerThatJoinsIsPrinted() throws Exception {
        says("create", "web", "--cpus", "1", "--memory", "8M");
        says("load", "web", "--modules", quiet.getFileName());
        String line = says("exec", "web", "--external", "--no-wait", "--format", "docker", "--image", "some:tag");
        assertTrue(line.startsWith("docker run --rm --name mkemu-lab-web --network none --cpuset-cpus "), line);
        assertTrue(line.matches(".* --mount type=bind,src=(\\S+),dst=\\1 --mount type=bind,src=(\\S+\\.jar),dst=\\2,"
            + "readonly some:tag instance \\1/lab 1 'mk_ipi_shared=\\S+ mk_epoch=\\S+ mk_life=1' \\2"), line);
        assertEquals("waits to be joined", web().get("detail").asText());
        says("kill", "-f", "web");
        mk.run("exec", "web", "--external", "--image", "some:tag").refuses(2,
            "--image and --volume are for --format docker; see mk exec --help");
        mk.run("exec", "web", "--external", "--format", "podman").refuses(2,
            "--format podman is not text or docker; see mk exec --help");
        mk.run("exec", "web", "--external", "--format", "docker", "--volume", "a,b").refuses(2, "--volume a,b is "
            + "neither the name of a volume nor an absolute path \\(without commas and quotes\\); see mk exec --help");
        end();
    }

    @Test
    void whoAsksToJoinIsToldTheCommandAndIsTheInstance() throws Exception {
        mk.run("join", "web", "--machine", "none", "--timeout", "0.2").refuses(4, "machine \"none\" does not run; "
            + "running: lab");
        says("create", "web", "--cpus", "1", "--memory", "8M");
        mk.run("join", "web").refuses(7, "instance web is ready: nothing is loaded: mk load names its modules and "
            + "boot parameters");
        says("load", "web", "--modules", quiet.getFileName());
        MkProcess joined = mk.launch(List.of("sh", "-c", "exec " + says("join", "web")), mk.work());
        awaitState("active");
        assertEquals(joined.pid(), web().get("pid").asLong());
        mk.run("join", "web").refuses(7, "instance web is active: its kernel runs already: mk kill ends it");
        joined.signal("KILL");
        joined.ends(137);
        joined = mk.launch(List.of("sh", "-c", "exec " + says("join", "web")), mk.work());
        awaitState("active");
        joined.signal("TERM");
        joined.ends(143);
        awaitState("failed");
        assertEquals("the process of this kernel exits: System.exit, SIGTERM, SIGINT or SIGHUP",
            web().get("reason").asText());
        end();
    }

    private void awaitState(String state) throws Exception {
        while (!web().get("state").asText().equals(state)) {
            Thread.sleep(10);
        }
    }

    /** Its latencies would be wrong by the difference of the clocks. */
    @Test
    void whoHasAnotherClockThanTheHostIsRefused() throws Exception {
        List<String> shifted = List.of("unshare", "--map-root-user", "--time", "--fork", "--monotonic", "100000");
        assumeTrue(Procs.run(Stream.concat(shifted.stream(), Stream.of("true")).toArray(String[]::new)),
            "no right to make a time namespace");
        says("create", "web", "--cpus", "1", "--memory", "8M");
        says("load", "web", "--modules", quiet.getFileName());
        MkProcess exec = mk.start("exec", "web", "--external");
        exec.awaitOut(1, "^web: a JVM joins it by: ");
        String command = exec.out("a JVM joins it by: ").getFirst().replaceFirst(".* joins it by: ", "");
        String why = "the clock of this process \\(CLOCK_MONOTONIC\\) is 100000 s ahead of the host's, .*: start it in "
            + "the time namespace of the host, without unshare --time or --monotonic";
        MkProcess refused = mk.launch(shifted, mk.work(), "sh", "-c", "exec " + command).ends(4);
        assertEquals(1, refused.err().size(), refused::describe);
        assertTrue(refused.err().getFirst().matches("mkemu: " + why), refused::describe);
        MkProcess joined = mk.launch(List.of("sh", "-c", "exec " + command), mk.work());
        exec.ends(0);
        says("kill", "web");
        joined.ends(0);

        mk.launch(shifted, mk.work(), "sh", "-c", "exec " + says("join", "web")).ends(4);
        awaitState("failed");
        assertTrue(web().get("reason").asText().matches(why), web()::toString);
        joined = mk.launch(List.of("sh", "-c", "exec " + says("join", "web")), mk.work());
        awaitState("active");
        says("kill", "web");
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
        mk.run("kill", "web").refuses(7, "instance web is loaded \\(waits to be joined\\): mk kill needs an active");
        assertEquals("web: loaded", says("kill", "-f", "web"));
        end();
    }
}
