// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The fifteen hazards of the RFC: each shows with its own mailbox, none with the queued one. */
class HazardsIT {
    private static final ObjectMapper MAPPER =
        new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final int SENDER = 2;
    private static final int INTERRUPTIONS = 5;
    private static final int SPREAD_MILLIS = 7000;
    private static final String ALL_SHOWN = "^15 hazards: 15 show in single-slot, 0 in queued$";

    /** Sent, arrived, lost, torn, repeated: in single-slot mode, then in queued mode. */
    private static final int[][][] EXPECTED = {
        {{8, 1, 7, 0, 0}, {8, 8, 0, 0, 0}},
        {{4, 1, 3, 2, 0}, {4, 4, 0, 0, 0}},
        {{2, 1, 1, 1, 0}, {2, 2, 0, 0, 0}},
        {{2, 1, 1, 0, 1}, {2, 2, 0, 0, 0}},
        {{4, 0, 4, 0, 0}, {4, 4, 0, 0, 0}},
        {{6, 3, 3, 0, 0}, {3, 3, 0, 0, 0}},
        {{4, 0, 4, 0, 0}, {4, 4, 0, 0, 0}},
        {{4, 0, 4, 0, 0}, {4, 4, 0, 0, 0}},
        {{1, 0, 1, 1, 0}, {0, 0, 0, 0, 0}},
        {{2, 1, 1, 1, 0}, {1, 1, 0, 0, 0}},
        {{4, 0, 4, 0, 0}, {4, 4, 0, 0, 0}},
        {{0, 0, 0, 0, 0}, {4, 4, 0, 0, 0}},
        {{1, 0, 1, 1, 0}, {1, 1, 0, 0, 0}},
        {{2, 1, 1, 0, 0}, {2, 2, 0, 0, 0}},
        {{1, 1, 0, 0, 0}, {1, 1, 0, 0, 0}},
    };

    @RegisterExtension
    final Mk mk = new Mk();

    @Test
    void eachShowsInSingleSlotAndNoneInQueued() throws Exception {
        MkProcess hazards = mk.start("hazards", "--json").ends(0);
        assertEquals(1, hazards.out().size(), hazards::describe);
        assertEquals(List.of(), hazards.err(), hazards::describe);
        JsonNode all = MAPPER.readTree(hazards.out().getFirst());
        assertEquals(EXPECTED.length, all.size(), hazards::describe);
        for (int index = 0; index < EXPECTED.length; index++) {
            JsonNode hazard = all.get(index);
            assertTrue(hazard.required("function").textValue().matches("[a-z_]+"), hazard::toString);
            List<String> fields = new ArrayList<>();
            hazard.fieldNames().forEachRemaining(fields::add);
            assertEquals(List.of("hazard", "function", "singleSlot", "queued"), fields);
            assertCounted(hazard, "singleSlot", EXPECTED[index][0], true);
            assertCounted(hazard, "queued", EXPECTED[index][1], false);
        }
    }

    private static void assertCounted(JsonNode hazard, String mode, int[] expected, boolean shown) {
        JsonNode counted = hazard.required(mode);
        assertEquals(6, counted.size(), hazard::toString);
        String[] names = {"sent", "arrived", "lost", "torn", "repeated"};
        for (int index = 0; index < names.length; index++) {
            String name = names[index];
            assertEquals(expected[index], counted.required(name).intValue(), () -> mode + " " + name + " " + hazard);
        }
        assertEquals(shown, counted.required("shown").booleanValue(), () -> mode + " " + hazard);
    }

    @Test
    void printsATableForPeople() throws Exception {
        MkProcess hazards = mk.start("hazards").ends(0);
        assertEquals(15, hazards.out("single-slot( +[0-9]+){5}  yes").size(), hazards::describe);
        assertEquals(15, hazards.out("^ +queued( +[0-9]+){5}  no").size(), hazards::describe);
        assertEquals(15, hazards.out("^    [a-z_]+\\(\\): .*; queued: ").size(), hazards::describe);
        assertEquals(1, hazards.out(ALL_SHOWN).size(), hazards::describe);
        assertEquals(List.of(), hazards.err(), hazards::describe);
    }

    @Test
    void isACommandLikeTheOthersThoughItComesInAJarOfItsOwn() throws Exception {
        MkProcess help = mk.start("--help");
        MkProcess completion = mk.start("completion");
        help.ends(0);
        assertEquals(List.of("iomem", "hazards", "trace"),
            help.out("^  (iomem|hazards|trace) ").stream().map(line -> line.strip().split(" ")[0]).toList(),
            help::describe);
        completion.ends(0);
        assertTrue(completion.out("^ +local commands=.*iomem (?:\\S+ )*hazards (?:\\S+ )*trace ").size() > 0,
            completion::describe);
    }

    @Test
    void aKernelThatDiesIsNoHazardThatShows() throws Exception {
        MkProcess hazards = mk.start("hazards", "--json");
        long sender = Procs.stopInstance(mk.machine("hazards"), SENDER, List.of());
        List<String> words = Procs.commandLine(sender);
        assertTrue(words.getLast().matches("/.*/lib/host/mkemu-hazards-.*\\.jar"), "as any user's jar: " + words);
        assertEquals(1, words.stream().filter(word -> word.contains("lib/host")).count(), "on no class path: " + words);
        Procs.signal("KILL", sender);
        hazards.ends(1);
        assertEquals(1, hazards.err().size(), hazards::describe);
        assertTrue(hazards.err().getFirst().contains("instance sender is dead: killed by signal 9"),
            hazards::describe);
    }

    @Test
    void ctrlCInTheMiddleLeavesNothing() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int interrupted = 0;
        for (int iteration = 0; iteration < INTERRUPTIONS; iteration++) {
            long millis = (long) ((iteration + random.nextDouble()) * SPREAD_MILLIS / INTERRUPTIONS);
            MkProcess hazards = mk.start("hazards");
            Thread.sleep(millis);
            hazards.signal("INT");
            String when = "after " + millis + " ms, seed " + seed;
            if (hazards.end() == 0) {
                /* A fast machine was done before the signal came. */
                assertEquals(1, hazards.out(ALL_SHOWN).size(), () -> when + "\n" + hazards.describe());
            } else {
                hazards.ends(130);
                interrupted++;
            }
            List<String> left = new ArrayList<>();
            mk.files().forEach(file -> left.add(file.toString()));
            mk.processes().forEach(pid -> left.add("process " + Procs.commandLine(pid)));
            assertEquals(List.of(), left, () -> when + "\n" + hazards.describe());
        }
        assertTrue(interrupted >= INTERRUPTIONS / 2, "only " + interrupted + " of " + INTERRUPTIONS + " interrupted");
    }
}
