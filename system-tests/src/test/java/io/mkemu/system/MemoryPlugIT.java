// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.system.modules.Quiet;
import io.mkemu.table.ResourceProbe;
import io.mkemu.table.ResourceProbe.Step;
import io.mkemu.testkit.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Memory comes and goes while kernels run: nothing is lost, and whoever is killed leaves it with its owner. */
@Timeout(300)
class MemoryPlugIT {
    private static final long MIB = 1 << 20;
    private static final int ROUNDS = Integer.getInteger("mkemu.plug.rounds", 100);
    private static final String ADD = "{'verb':'update','name':'web','addMemory':1048576}";
    private static final String REMOVE = "{'verb':'update','name':'web','removeMemory':1048576}";

    @RegisterExtension
    final Mk mk = new Mk();

    @Test
    void theDemoLosesNothingMeanwhile() throws Exception {
        Path tree = mk.work().resolve("plugged.dts");
        /* So many messages that it lasts, and as many as it takes: it is stopped between two rounds otherwise. */
        Files.writeString(tree, Files.readString(Mk.root().resolve("examples/demo.dts"))
            .replace("demo.messages=1000", "demo.messages=400000").replace("web-server {", "web {")
            .replace("idle=haltpoll\";", "idle=haltpoll demo.messages=400000\";"));
        MkProcess run = mk.start("run", tree);
        Await.until(() -> state("plugged", "web").equals("active"));
        long before = memory("plugged");
        for (int round = 0; round < ROUNDS; round++) {
            assertEquals(before + MIB, resized("plugged", ADD));
            assertEquals(before, resized("plugged", REMOVE));
        }
        assertTrue(run.isAlive(), () -> "it has ended before memory had come and gone " + ROUNDS + " times; "
            + run.describe());
        run.ends(0);
        assertEquals(List.of(), run.out("\\b[1-9][0-9]* (lost|torn|repeated|reordered)\\b"), run::describe);
        assertTrue(!run.out("\\b0 lost\\b").isEmpty(), run::describe);
    }

    private String state(String machine, String name) {
        try {
            return mk.ask(machine, "{'verb':'show','names':['" + name + "']}").get("instances").get(0).get("state")
                .asText();
        } catch (Exception notYet) {
            return notYet.toString();
        }
    }

    private long resized(String machine, String request) throws Exception {
        return mk.ask(machine, request).get("instances").get(0).get("memory").asLong();
    }

    private long memory(String machine) throws Exception {
        return resized(machine, "{'verb':'show','names':['web']}");
    }

    /* Of each step of a kernel: it is stopped there, and killed. What was said to be done is done, the rest is not. */
    @Test
    void aKilledInstanceLeavesItsMemoryWithItsOwner() throws Exception {
        Path quiet = ModuleJar.of(mk.work(), Quiet.class);
        mk.run("init", "--machine", "lab", "--cpus", "0-3", "--memory", "32M").ends(0);
        mk.run("create", "web", "--cpus", "1", "--memory", "8M").ends(0);
        long before = 8 * MIB;
        long free = freeMemory();
        for (String request : List.of(ADD, REMOVE)) {
            for (Step step : List.of(Step.TAKEN, Step.PREPARED, Step.DONE)) {
                mk.run("load", "web", "--modules", quiet, "--cmdline",
                    ResourceProbe.PARAMETER + "=" + step.name().toLowerCase(Locale.ROOT)).ends(0);
                mk.run("exec", "web").ends(0);
                long pid = mk.ask("lab", "{'verb':'show'}").get("instances").get(1).get("pid").asLong();
                MkProcess update = request.equals(ADD) ? mk.start("update", "web", "--add-memory", "1M")
                    : mk.start("update", "web", "--remove-memory", "1M");
                Procs.awaitStopped(pid);
                Procs.signal("KILL", pid);
                boolean done = step == Step.DONE;
                update.ends(done ? 0 : 7);
                before += done ? request.equals(ADD) ? MIB : -MIB : 0;
                Await.until(() -> state("lab", "web").equals("failed"));
                assertEquals(before, memory("lab"), () -> step + " " + update.describe());
                assertEquals(free + 8 * MIB - before, freeMemory(), () -> step + " " + update.describe());
                assertEquals(before / MIB - 7, mk.start("iomem").ends(0).out("mk-instance-1-web-region-").size());
            }
        }
        mk.run("load", "web", "--modules", quiet).ends(0);
        mk.run("exec", "web").ends(0);
        assertEquals(before + MIB, resized("lab", ADD), "the next life is asked as ever");
        mk.run("kill", "web").ends(0);
        mk.run("shutdown").ends(0);
    }

    private long freeMemory() throws Exception {
        return mk.ask("lab", "{'verb':'show'}").get("machine").get("freeMemory").asLong();
    }

    @Test
    void whatCannotBeIsRefusedInALineAndAVerbSaysWhatItIs() throws Exception {
        Path quiet = ModuleJar.of(mk.work(), Quiet.class);
        mk.run("init", "--machine", "lab", "--cpus", "0-3", "--memory", "32M").ends(0);
        mk.run("create", "web", "--cpus", "1", "--memory", "8M").ends(0);
        mk.run("update", "web", "--add-memory", "1M").ends(0);
        assertEquals(9 * MIB, memory("lab"), "one that does not run");
        mk.run("update", "web", "--remove-memory", "1M").ends(0);
        mk.run("load", "web", "--modules", quiet).ends(0);
        mk.run("exec", "web").ends(0);
        mk.run("update", "web", "--add-memory", "30M").refuses(5, "in a row are left in the multikernel pool");
        mk.run("update", "web", "--remove-memory", "8M").refuses(7,
            "no region of 8388608 bytes to give back: only what mk update --add-memory gave it can go");
        mk.run("update", "web", "--memory", "9M").refuses(7, "--add-memory");
        for (int region = 1; region < 8; region++) {
            assertEquals((8 + region) * MIB, resized("lab", ADD));
        }
        mk.run("update", "web", "--add-memory", "1M").refuses(5, "8 regions, and more are not possible");
        mk.run("update", "web", "--remove-memory", "2M").refuses(7, "it has 1048576 bytes at 0x");
        JsonNode planned = mk.ask("lab", REMOVE.replace("}", ",'dryRun':true}")).get("instances").get(0);
        assertEquals(14 * MIB, planned.get("memory").asLong());
        assertEquals(15 * MIB, memory("lab"));
        String region = mk.start("iomem").ends(0).out("mk-instance-1-web-region-3").getFirst().strip().split("-")[0];
        mk.run("update", "web", "--remove-memory", "0x" + region).ends(0);
        assertEquals(14 * MIB, memory("lab"));
        assertEquals(7, mk.start("iomem").ends(0).out("mk-instance-1-web-region-").size());
        mk.run("kill", "web").ends(0);
        mk.run("exec", "web").ends(0);
        assertEquals(14 * MIB, memory("lab"), "the next life has it too");
        mk.run("shutdown").ends(0);
    }
}
