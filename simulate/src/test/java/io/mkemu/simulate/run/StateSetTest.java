// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class StateSetTest {
    private static StateSet of(int from, int to) {
        StateSet set = new StateSet();
        for (int state = from; state < to; state++) {
            set.add(state);
        }
        return set;
    }

    @Test
    void countsAbout() {
        assertEquals(0, new StateSet().size());
        for (int states : new int[] {10, 1_000, 100_000, 2_000_000}) {
            long size = of(0, states).size();
            assertTrue(Math.abs(size - states) <= states / 50, states + " are counted as " + size);
        }
    }

    @Test
    void whatTwoHaveSeenCountsOnce() {
        StateSet whole = of(0, 30_000);
        StateSet parts = of(10_000, 30_000);
        parts.addAll(of(0, 20_000));
        assertEquals(whole.size(), parts.size());
    }
}
