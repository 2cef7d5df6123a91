// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.IpiMode;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutcomeTest {
    private static final Outcome SHOWN = Outcome.of(new Tally(2, 1, 1, 0, 0), "");
    private static final Outcome GONE = Outcome.of(new Tally(2, 2, 0, 0, 0), "");

    private static boolean asExpected(Outcome singleSlot, Outcome queued) {
        return new HazardResult(1, "t", "f", "e", singleSlot, queued).asExpected();
    }

    @Test
    void aHazardShowsWhenAnythingIsLostTornOrRepeated() {
        assertTrue(SHOWN.shown());
        assertFalse(GONE.shown());
        assertTrue(Outcome.of(new Tally(2, 2, 0, 1, 0), "").shown());
        assertTrue(Outcome.of(new Tally(2, 2, 0, 0, 1), "").shown());
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
        assertEquals(0, Outcome.failed("x").sent());
    }

    @Test
    void thereAreFifteenInOrderEachWithATypeOfItsOwn() {
        List<Hazard> all = HazardRun.all();
        assertEquals(15, all.size());
        for (int index = 0; index < all.size(); index++) {
            Hazard.Label label = all.get(index).label();
            assertEquals(index + 1, label.number());
            assertFalse(label.explanation().contains("\n"));
            assertTrue(("    " + label.function() + "(): " + label.explanation()).length() <= 160, label.title());
        }
        assertEquals(15, all.stream().map(Hazard::type).distinct().count());
        assertEquals(15, all.stream().map(hazard -> hazard.label().title()).distinct().count());
    }

    @Test
    void noInstanceOfTheCastHasTheIdOfItsCpu() {
        Cast.tree(IpiMode.QUEUED).instances()
            .forEach(instance -> assertFalse(instance.cpus().contains(instance.id()), instance.name()));
    }
}
