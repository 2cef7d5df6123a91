// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mkemu.system.modules.Speaker;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code mk interrupts} of a machine that runs. */
@Timeout(120)
class InterruptsIT {
    @RegisterExtension
    final Mk mk = new Mk();

    @Test
    void interruptsAreCountedPerCpu() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Speaker.class);
        MkProcess run = mk.start("run", new TreeSource().host(jar).instance("web", jar).write(mk.work(), "table"));
        run.awaitOut(2, "web: speaker: beat");
        MkProcess table = mk.start("interrupts").ends(0);
        assertTrue(table.out().get(0).matches(" +CPU0 +CPU1"), table::describe);
        assertTrue(table.out().get(1).matches(" +host +web"), table::describe);
        assertEquals(1, table.out("^HLT: +[1-9]\\d* +[1-9]\\d*  Halts$").size(), table::describe);
        assertEquals("type 0x66 speaker.beat: host, web", table.out().getLast(), table::describe);
        JsonNode cpus = new ObjectMapper().readTree(
            mk.start("interrupts", "--machine", "table", "--json").ends(0).out().getFirst());
        assertEquals(2, cpus.size());
        assertEquals("web", cpus.get(1).get("name").textValue());
        assertEquals(1, cpus.get(1).get("instance").intValue());
        assertTrue(cpus.get(1).get("counters").get("halts").longValue() > 0, cpus::toString);
        assertEquals("{\"0x66\":\"speaker.beat\"}", cpus.get(1).get("types").toString());
        assertEquals(table.out().size() - 3, cpus.get(0).get("counters").size());
        run.signal("INT");
        run.ends(130);
    }
}
