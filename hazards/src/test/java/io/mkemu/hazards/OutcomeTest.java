// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.IpiMode;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutcomeTest {
    private static final Outcome SHOWN = of(new Tally(2, 1, 1, 0, 0));
    private static final Outcome GONE = of(new Tally(2, 2, 0, 0, 0));

    private static Outcome of(Tally tally) {
        return new Hazard.Seen(tally).judge("");
    }

    private static boolean asExpected(Outcome singleSlot, Outcome queued) {
        return new Outcome.Pair(Hazard.ALL.getFirst(), singleSlot, queued).asExpected();
    }

    @Test
    void aHazardShowsWhenAnythingIsLostTornOrRepeated() {
        assertTrue(SHOWN.shown());
        assertFalse(GONE.shown());
        assertTrue(of(new Tally(2, 2, 0, 1, 0)).shown());
        assertTrue(of(new Tally(2, 2, 0, 0, 1)).shown());
    }

    @Test
    void onlyShownInSingleSlotAndGoneInQueuedIsAsExpected() {
        assertTrue(asExpected(SHOWN, GONE));
        assertFalse(asExpected(SHOWN, SHOWN));
        assertFalse(asExpected(GONE, GONE));
        assertFalse(asExpected(GONE, SHOWN));
    }

    @Test
    void whatCouldNotBeProvokedIsNeverAsExpected() {
        assertFalse(asExpected(SHOWN, Outcome.failed("instance a is dead")));
        assertFalse(asExpected(Outcome.failed("instance a is dead"), GONE));
        assertEquals(0, Outcome.failed("x").tally().sent());
    }

    @Test
    void thereAreFifteenInOrderEachWithATypeOfItsOwn() {
        List<Hazard> all = Hazard.ALL;
        assertEquals(15, all.size());
        for (int index = 0; index < all.size(); index++) {
            Hazard hazard = all.get(index);
            assertEquals(index + 1, hazard.number());
            assertFalse(hazard.explanation().contains("\n"));
            assertTrue(("    " + hazard.function() + "(): " + hazard.explanation()).length() <= 160, hazard.title());
        }
        assertEquals(15, all.stream().map(Hazard::type).distinct().count());
        assertEquals(15, all.stream().map(hazard -> hazard.title()).distinct().count());
    }

    @Test
    void noInstanceOfTheCastHasTheIdOfItsCpu() {
        Cast.tree(IpiMode.QUEUED, "hazards.jar").instances()
            .forEach(instance -> assertFalse(instance.cpus().contains(instance.id()), instance.name()));
    }
}
