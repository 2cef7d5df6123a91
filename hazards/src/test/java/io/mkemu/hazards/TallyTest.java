// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.hazards.module.HazardPage.Note;
import java.util.List;
import org.junit.jupiter.api.Test;

class TallyTest {
    private static Note whole(long sequence) {
        return new Note(0, 3, 2, 7, 64, sequence, true, true);
    }

    private static Note damaged(boolean intact, boolean stable) {
        return new Note(0, 3, 2, 7, 64, 1, intact, stable);
    }

    private static Note empty() {
        return new Note(0, 3, 2, 7, 0, -1, true, true);
    }

    @Test
    void everyMessageOnceIsClean() {
        Tally tally = Tally.of(3, List.of(whole(5), whole(4), whole(6)));
        assertEquals(new Tally(3, 3, 0, 0, 0), tally);
        assertTrue(tally.clean());
    }

    @Test
    void whatNoCallbackSawIsLost() {
        Tally tally = Tally.of(8, List.of(whole(7)));
        assertEquals(new Tally(8, 1, 7, 0, 0), tally);
        assertFalse(tally.clean());
    }

    @Test
    void aSecondCallbackForAMessageIsARepetition() {
        assertEquals(new Tally(2, 2, 0, 0, 2), Tally.of(2, List.of(whole(0), whole(0), whole(1), whole(0))));
    }

    @Test
    void aDamagedOrChangingMessageIsTornAndDidNotArrive() {
        assertEquals(new Tally(2, 0, 2, 2, 0), Tally.of(2, List.of(damaged(false, true), damaged(true, false))));
        assertEquals(new Tally(2, 1, 1, 1, 0), Tally.of(2, List.of(damaged(true, false), whole(1))));
    }

    @Test
    void emptyMessagesAreCountedEach() {
        assertEquals(new Tally(4, 4, 0, 0, 0), Tally.ofEmpty(4, List.of(empty(), empty(), empty(), empty())));
        assertEquals(new Tally(4, 0, 4, 0, 0), Tally.ofEmpty(4, List.of()));
        assertEquals(new Tally(1, 1, 0, 1, 1), Tally.ofEmpty(1, List.of(empty(), whole(1), empty())));
    }

    @Test
    void talliesAddUp() {
        assertEquals(new Tally(3, 1, 2, 3, 4), new Tally(3, 1, 2, 1, 4).plusTorn(2));
    }
}
