// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(600)
@DisplayName("mk top")
class TopIT {
    @RegisterExtension
    final Mk mk = new Mk();

    @BeforeEach
    void boot() throws Exception {
        mk.run("init", new TreeSource().instance("web", "echo").instance("db", "echo").write(mk.work(), "lab")).ends(0);
        mk.ask("lab", "{'verb':'exec','names':['web','db']}");
    }

    private static JsonNode read(String line) throws Exception {
        return new ObjectMapper().readTree(line);
    }

    @Test
    void saysWhatShowAndIomemSay() throws Exception {
        JsonNode show = mk.json("show");
        JsonNode iomem = mk.json("iomem");
        JsonNode top = mk.json("top", "-n", "1", "-d", "0.1");
        JsonNode seen = top.get("snapshot");
        assertEquals(show.at("/machine/name"), seen.get("machine"));
        assertEquals(show.at("/machine/pid"), seen.get("pid"));
        assertEquals(show.at("/machine/ipi"), seen.get("ipi"));
        assertEquals(show.at("/machine/ram"), seen.get("ramBytes"));
        assertEquals("running", seen.get("state").textValue());
        List<JsonNode> kernels = new ArrayList<>();
        seen.get("kernels").forEach(kernels::add);
        assertEquals(show.get("instances").size(), kernels.size());
        for (int index = 0; index < kernels.size(); index++) {
            JsonNode told = show.get("instances").get(index);
            for (String key : List.of("id", "name", "state", "pid", "cpus", "life", "cmdline", "reason")) {
                assertEquals(told.get(key), kernels.get(index).get(key), key);
            }
            assertEquals(told.get("memory").longValue(), kernels.get(index).get("memoryBytes").longValue());
        }
        assertEquals(regions(iomem), regions(seen.get("memory")));
        assertEquals(0, seen.get("problems").size(), seen::toString);
        for (JsonNode cpu : seen.get("cpus")) {
            long online = cpu.get("onlineNanos").longValue();
            assertTrue(online > 0 && cpu.get("haltedNanos").longValue() + cpu.get("pollingNanos").longValue()
                <= seen.get("upNanos").longValue(), cpu::toString);
        }
        for (JsonNode cpu : top.at("/rates/cpus")) {
            double sum = cpu.at("/time/busy").doubleValue() + cpu.at("/time/polling").doubleValue()
                + cpu.at("/time/halted").doubleValue();
            assertEquals(1, sum, 1e-9, cpu::toString);
        }
        mk.run("shutdown").ends(0);
    }

    /** By the verb, and by a signal: show, top and the lines it draws tell the same. */
    @Test
    void aPausedKernelIsPausedInShowAndTop() throws Exception {
        mk.run("pause", "web").ends(0);
        assertEquals("paused", mk.json("show", "web").get("detail").textValue());
        assertEquals(1, mk.run("show").ends(0).out("^web: paused$").size());
        assertEquals("[1]", mk.json("top", "-n", "1", "-d", "0.1").get("paused").toString());
        Procs.signal("STOP", mk.json("show", "db").get("pid").longValue());
        try (Pty pty = new Pty(mk, 100, 30, "top", "-d", "0.1")) {
            pty.await("1 active, 2 paused, 0 failed");
            pty.await("web              paused");
            pty.await("db               paused");
            mk.run("continue", "--all").ends(0);
            pty.await("3 active, 0 failed");
            pty.await("web              active");
            pty.await("db               active");
            pty.type("q");
            assertEquals(0, pty.exitCode());
        }
        assertEquals("[]", mk.json("top", "-n", "1", "-d", "0.1").get("paused").toString());
        assertEquals("", mk.json("show", "web").get("detail").textValue());
        mk.run("shutdown").ends(0);
    }

    private static List<String> regions(JsonNode tree) {
        List<String> lines = new ArrayList<>();
        for (JsonNode region : tree) {
            lines.add(region.get("name").textValue() + " " + region.get("start") + " " + region.get("end"));
            regions(region.get("children")).forEach(line -> lines.add("  " + line));
        }
        return lines;
    }

    @Test
    void jsonGoesOnUntilTheMachineEnds() throws Exception {
        MkProcess top = mk.start("top", "--json", "-d", "0.05");
        top.awaitOut(1, "\"state\":\"active\"");
        mk.run("kill", "-f", "db").ends(0);
        mk.run("shutdown").ends(0);
        top.ends(0);
        assertEquals(List.of("mk: machine \"lab\" has ended"), top.err());
        List<JsonNode> lines = new ArrayList<>();
        for (String line : top.out()) {
            lines.add(read(line));
        }
        for (JsonNode line : lines) {
            line.get("rates").get("kernels").forEach(kernel -> assertTrue(kernel.get("sent").doubleValue() >= 0));
        }
        assertEquals("active", lines.getFirst().at("/snapshot/kernels/2/state").textValue());
    }

    @Test
    void withoutATerminalItPrintsOneSample() throws Exception {
        MkProcess top = mk.start("top", "-d", "0.1").ends(0);
        assertTrue(top.out().getFirst().startsWith("mk top - lab up "), top::describe);
        assertEquals(2, top.out("^ +\\d web|^ +\\d db").size(), top::describe);
        assertEquals(List.of(), top.err());
        mk.run("top", "-d", "0.01").refuses(2, "-d 0.01: expected seconds, 0.05 to 3600");
        mk.run("top", "-n", "0").refuses(2, "-n 0: expected 1 or more");
        mk.run("top", "--machine", "nix").refuses(4, "machine \"nix\" does not run; running: lab");
        mk.run("shutdown").ends(0);
    }

    @Test
    void aHostThatIsKilledIsTold() throws Exception {
        long host = mk.json("show").at("/machine/pid").longValue();
        MkProcess top = mk.start("top", "--json", "-d", "0.05");
        top.awaitOut(1, "\"state\":\"active\"");
        Procs.signal("KILL", host);
        top.ends(4);
        assertTrue(top.err().getLast().contains("machine \"lab\" is dead, its host was killed"), top::describe);
        MkProcess dead = mk.start("top", "-d", "0.1").ends(0);
        assertTrue(dead.out().getFirst().startsWith("mk top - lab is DEAD, its host was killed"), dead::describe);
        mk.run("init", "--machine", "lab", "--cpus", "0", "--memory", "8M").ends(0);
        mk.run("shutdown").ends(0);
    }

    @Test
    void onATerminalItKillsAfterAQuestionAndGivesTheScreenBack() throws Exception {
        try (Pty pty = new Pty(mk, 100, 30, "top", "-d", "0.1")) {
            pty.await("web");
            pty.await("active");
            assertTrue(pty.written().contains("\u001b[?1049h"), pty::written);
            pty.type("/we");
            pty.await("filter: we_");
            pty.type("\r");
            pty.await("filter: we ");
            pty.type("K");
            pty.await("kill web (1)?");
            pty.type("n");
            pty.await("web is not killed");
            pty.type("K");
            pty.await("kill web (1)?");
            pty.type("y");
            pty.await("web is killed");
            pty.await("loaded");
            pty.type("?");
            pty.await("quits; Ctrl-C too");
            pty.type("\u001b");
            pty.type("c");
            pty.await("KERNEL");
            pty.type("t");
            pty.await("FROM");
            pty.type("q");
            assertEquals(0, pty.exitCode());
            assertTrue(pty.written().contains("\u001b[?1049l"), pty::written);
            assertEquals("icanon echo", pty.modes());
        }
        assertEquals("loaded", mk.json("show", "web").get("state").textValue());
        mk.run("shutdown").ends(0);
    }

    @Test
    void eachEndGivesTheScreenBack() throws Exception {
        for (String end : List.of("\u0003", "TERM")) {
            try (Pty pty = new Pty(mk, 20, 5, "top", "-d", "0.1")) {
                pty.await("NAME");
                if (end.equals("TERM")) {
                    pty.signal(end);
                } else {
                    pty.type(end);
                }
                assertEquals(end.equals("TERM") ? 143 : 130, pty.exitCode());
                assertTrue(pty.written().contains("\u001b[?1049l"), pty::written);
                assertEquals("icanon echo", pty.modes());
            }
        }
        try (Pty pty = new Pty(mk, "from-the-future", 80, 24, "top", "-d", "0.1")) {
            pty.await("NAME");
            pty.type("q");
            assertEquals(0, pty.exitCode());
            assertTrue(pty.written().startsWith("mk: TERM=from-the-future: this system does not know that terminal; "
                + "taken for xterm-256color"), pty::written);
            assertTrue(pty.written().contains("\u001b[?1049l"), pty::written);
            assertFalse(pty.written().contains("Exception"), pty::written);
        }
        try (Pty pty = new Pty(mk, 80, 24, "top", "-d", "0.1")) {
            pty.await("NAME");
            mk.run("shutdown").ends(0);
            assertEquals(0, pty.exitCode());
            assertTrue(pty.written().contains("mk: machine \"lab\" has ended"), pty::written);
            assertFalse(pty.written().contains("Exception"), pty::written);
        }
    }
}
