// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
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
