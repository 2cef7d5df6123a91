// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What mk show tells. */
class ShowIT extends LabMachine {
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
            + web.get("memory") + " " + web.get("life") + " " + web.get("restart").asText() + " "
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
        assertTrue(text.get(1).matches(" +id +name +state +pid +cpus +memory +life"), text::toString);
        assertTrue(text.get(3).matches(" +1 +web +active +\\d+ +1 +8 MiB +1"), text::toString);
        assertTrue(text.get(4).matches(" +9 +db +ready +- +2,3 +16 MiB +0"), text::toString);
        MkProcess verbose = mk.start("show", "-v", "1").ends(0);
        assertEquals(1, verbose.out("host cpus \\d+, modules echo, restart on-failure:2, 0 in a row").size(),
            verbose::describe);
        assertEquals(1, verbose.out("boot \\d+\\.\\d ms: fork .*, jvm .*, map .*, pin .*, modules \\d").size(),
            verbose::describe);
        end();
    }
}
