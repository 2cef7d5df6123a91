// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.util.Set;
import java.util.TreeSet;

/** What must add up in every status of a machine, whoever changes it meanwhile. */
final class Bookkeeping {
    private static final Set<String> STATES = Set.of("ready", "loaded", "active", "failed");

    private final Mk mk;
    private final String machine;

    Bookkeeping(Mk mk, String machine) {
        this.mk = mk;
        this.machine = machine;
    }

    /** A status, checked: each CPU has one owner, all memory is somebody's or free, states and pids go together. */
    JsonNode check() throws Exception {
        JsonNode status = mk.ask(machine, "{'verb':'show'}");
        Set<Integer> cpus = new TreeSet<>();
        status.get("machine").get("freeCpus").forEach(cpu -> assertTrue(cpus.add(cpu.asInt()), status::toString));
        long memory = status.get("machine").get("freeMemory").asLong();
        Set<String> names = new TreeSet<>();
        for (JsonNode one : status.get("instances")) {
            assertTrue(names.add(one.get("name").asText()), status::toString);
            assertTrue(STATES.contains(one.get("state").asText()), status::toString);
            one.get("cpus").forEach(cpu -> assertTrue(cpus.add(cpu.asInt()), status::toString));
            memory += one.get("id").asInt() == 0 ? 0 : one.get("memory").asLong();
            if (one.get("state").asText().equals("active")) {
                assertTrue(one.get("pid").asLong() > 0, status::toString);
            } else if (one.get("detail").asText().isEmpty()) {
                assertEquals(0, one.get("pid").asLong(), status::toString);
            }
        }
        Set<Integer> pool = new TreeSet<>();
        status.get("machine").get("cpus").forEach(cpu -> pool.add(cpu.asInt()));
        assertEquals(pool, cpus, status::toString);
        assertEquals(status.get("machine").get("memory").asLong(), memory, status::toString);
        return status;
    }

    /** Ends and deletes all instances; requests of clients that are gone may still come in between. */
    void clear() throws Exception {
        for (JsonNode status = check(); status.get("instances").size() > 1; status = check()) {
            for (JsonNode one : status.get("instances")) {
                if (one.get("id").asInt() != 0) {
                    next(one.get("name").asText(), one.get("state").asText(), one.get("detail").asText());
                }
            }
        }
    }

    private void next(String name, String state, String detail) throws Exception {
        String names = "'names':['" + name + "']}";
        try {
            if (state.equals("active") || !detail.isEmpty()) {
                mk.ask(machine, "{'verb':'kill','force':true," + names);
            } else {
                mk.ask(machine, "{'verb':'" + (state.equals("loaded") ? "unload" : "delete") + "'," + names);
            }
        } catch (MachineException changedMeanwhile) {
            assertEquals(ExitCode.STATE, changedMeanwhile.exitCode(), changedMeanwhile.getMessage());
        }
    }
}
