// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.system.modules.Chased;
import io.mkemu.system.modules.Chaser;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CPUs that come to instances that run, and go, between real processes. */
class CpuPlugIT extends LabMachine {
    private static final int ROUNDS = Integer.getInteger("mkemu.plug.rounds", 50);
    private static final Pattern COUNTS = Pattern.compile("(?:sent|received) (\\d+) .*");

    private Path chased;
    private Path chaser;

    @BeforeEach
    void modules() {
        chased = ModuleJar.of(mk.work(), Chased.class);
        chaser = ModuleJar.of(mk.work(), Chaser.class);
    }

    private void boot(String name, int cpu, Path module, String cmdline) throws Exception {
        mk.run("create", name, "--cpus", cpu, "--memory", "8M").ends(0);
        mk.run("load", name, "--module", module, "--cmdline", cmdline).ends(0);
        mk.run("exec", name).ends(0);
    }

    private JsonNode update(String name, String what) throws Exception {
        return mk.ask("lab", "{'verb':'update','name':'" + name + "'," + what + "}").get("instances").get(0);
    }

    private String last(String name, String begins) throws Exception {
        return mk.run("dmesg", name).ends(0).out().stream().filter(line -> line.contains(begins))
            .map(line -> line.substring(line.indexOf(begins))).reduce((before, line) -> line).orElseThrow();
    }

    private static long count(String line) {
        Matcher counts = COUNTS.matcher(line);
        assertTrue(counts.matches(), line);
        return Long.parseLong(counts.group(1));
    }

    @Test
    void noMessageToACpuThatComesAndGoesIsLost() throws Exception {
        boot("goal", 2, chased, "quiet");
        boot("source", 1, chaser, "quiet Chaser.to=1 Chaser.cpu=3");
        for (int round = 0; round < ROUNDS; round++) {
            assertEquals("[2,3]", update("goal", "'addCpus':[3]").get("cpus").toString());
            assertEquals("[2]", update("goal", "'removeCpus':[3]").get("cpus").toString());
        }
        assertEquals("[2,3]", update("goal", "'addCpus':[3]").get("cpus").toString());
        mk.run("kill", "source").ends(0);
        assertEquals("[2]", update("goal", "'removeCpus':[3]").get("cpus").toString());
        mk.run("kill", "goal").ends(0);
        String sent = last("source", "sent ");
        String received = last("goal", "received ");
        assertTrue(sent.endsWith(" refused true odd 0"), sent);
        assertTrue(received.endsWith(" wrong 0 torn 0"), received);
        assertEquals(count(sent), count(received));
        assertTrue(count(sent) > 0);
        mk.run("exec", "goal").ends(0);
        assertEquals("[2]", mk.ask("lab", "{'verb':'show','names':['goal']}").get("instances").get(0).get("cpus")
            .toString());
        end();
    }

    @Test
    void whatCannotComeOrGoIsRefusedInOneLine() throws Exception {
        boot("goal", 2, chased, "quiet Chased.keep=1");
        mk.run("create", "other", "--cpus", "1", "--memory", "8M").ends(0);
        allRefused(5, Map.of(
            List.of("update", "goal", "--add-cpus", "0"), "CPU 0 is the host's own: free are 3",
            List.of("update", "goal", "--add-cpus", "1"), "CPU 1 is taken by instance other: free are 3",
            List.of("update", "goal", "--add-cpus", "7"), "CPU 7 is not in the machine's pool 0 1 2 3: free are "
                + "3"));
        mk.run("delete", "other").ends(0);
        mk.run("update", "goal", "--add-cpus", "1").refuses(5, "CPU 1 is below the boot CPU of instance goal, to "
            + "which messages go that name no CPU: mk kill goal, then mk update --cpus");
        mk.run("update", "goal", "--remove-cpus", "2").refuses(7, "CPU 2 is the boot CPU of instance goal, which "
            + "cannot go while its kernel runs: mk kill goal, then mk update --cpus");
        mk.run("update", "goal", "--remove-cpus", "3").refuses(7, "CPU 3 is not one of instance goal's: mk show "
            + "tells which it has");
        mk.run("update", "goal", "--add-cpus", "3").ends(0);
        mk.run("update", "goal", "--remove-cpus", "3").refuses(7, "instance goal cannot give a CPU back now: "
            + "module Chased: it is dear \\(-EBUSY\\); nothing is changed");
        assertEquals("[2,3]", mk.ask("lab", "{'verb':'show'}").get("instances").get(1).get("cpus").toString());
        mk.run("kill", "goal").ends(0);
        mk.run("update", "goal", "--add-cpus", "1", "--remove-cpus", "3").ends(0);
        assertEquals("[1,2]", mk.ask("lab", "{'verb':'show'}").get("instances").get(1).get("cpus").toString());
        end();
    }

    @Test
    void aSenderThatIsStoppedKeepsTheCpu() throws Exception {
        boot("goal", 2, chased, "quiet");
        boot("source", 1, chaser, "quiet Chaser.to=1 Chaser.cpu=3");
        update("goal", "'addCpus':[3]");
        mk.run("pause", "source").ends(0);
        Ended refused = mk.run("update", "goal", "--remove-cpus", "3").ends(7);
        assertTrue(refused.err().getFirst().startsWith("mk: CPU 3 of instance goal cannot go now: CPU 1 of instance "
            + "source may be sending"), refused::describe);
        mk.run("continue", "source").ends(0);
        assertEquals("[2]", update("goal", "'removeCpus':[3]").get("cpus").toString());
        end();
    }

    @ParameterizedTest
    @CsvSource({"PREPARED,true", "DONE,true", "TAKEN:2,false", "DONE:2,false"})
    void aKernelThatIsKilledInTheMidstLeavesEachCpuWithOneOwner(String step, boolean comes) throws Exception {
        mk.run("create", "goal", "--cpus", comes ? "2" : "2-3", "--memory", "8M").ends(0);
        mk.run("load", "goal", "--module", chased, "--cmdline", "quiet mkemu.stop_in_plug=" + step).ends(0);
        mk.run("exec", "goal").ends(0);
        long pid = mk.ask("lab", "{'verb':'show','names':['goal']}").get("instances").get(0).get("pid").asLong();
        MkProcess change = mk.start("update", "goal", comes ? "--add-cpus" : "--remove-cpus", "3");
        Procs.awaitStopped(pid);
        Procs.signal("KILL", pid);
        change.awaitExit();
        JsonNode now = mk.ask("lab", "{'verb':'show'}");
        String cpus = now.get("instances").get(1).get("cpus").toString();
        assertEquals("failed", now.get("instances").get(1).get("state").asText());
        assertEquals(cpus.contains("3") ? "[1]" : "[1,3]", now.get("machine").get("freeCpus").toString());
        mk.run("exec", "goal").ends(0);
        assertEquals(cpus, mk.ask("lab", "{'verb':'show','names':['goal']}").get("instances").get(0).get("cpus")
            .toString());
        JsonNode free = mk.ask("lab", "{'verb':'show'}").get("machine").get("freeCpus");
        for (JsonNode cpu : free) {
            mk.run("create", "own" + cpu, "--cpus", cpu.asInt(), "--memory", "2M").ends(0);
        }
        end();
    }
}
