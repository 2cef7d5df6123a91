// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.testkit.Await;
import io.mkemu.tree.RestartPolicy;
import org.junit.jupiter.api.Test;

class RestartsTest {
    private static final long MILLI = 1_000_000;

    private final Restarts restarts = new Restarts(System::nanoTime);

    @Test
    void atFirstNoneIsPlanned() {
        assertFalse(restarts.isPlanned());
        assertEquals(0, restarts.count());
    }

    @Test
    void neverIsNever() {
        assertFalse(restarts.plan(RestartPolicy.NEVER));
        assertFalse(restarts.plan(new RestartPolicy(true, 0, 100)), "nor with a limit of 0");
        assertFalse(restarts.isPlanned());
        assertEquals(0, restarts.count());
    }

    @Test
    void thereAreAsManyInARowAsThePolicyAllows() {
        RestartPolicy policy = new RestartPolicy(true, 3, 1);
        for (int row = 1; row <= 3; row++) {
            assertTrue(restarts.plan(policy));
            assertEquals(row, restarts.count());
            assertTrue(restarts.isPlanned());
            restarts.begun();
            assertFalse(restarts.isPlanned());
            assertEquals(row, restarts.count(), "begun and planned ones count");
        }
        assertFalse(restarts.plan(policy));
        assertFalse(restarts.isPlanned());
        assertEquals(3, restarts.count());
    }

    @Test
    void eachIsDueAfterTwiceTheTimeUpToTheLimit() {
        RestartPolicy policy = new RestartPolicy(true, 10, 1000);
        for (long expected : new long[] {1000, 2000, 4000, 8000, 10_000, 10_000}) {
            long before = System.nanoTime();
            assertTrue(restarts.plan(policy));
            long after = System.nanoTime();
            /* What is left now was that plus the time since at the least, and at the most. */
            long due = restarts.dueInNanos();
            long looked = System.nanoTime();
            assertTrue(due <= expected * MILLI, due + " ns are left of " + expected + " ms");
            assertTrue(due >= expected * MILLI - (looked - before), due + " ns are left of " + expected + " ms after "
                + (looked - after) + " ns");
            restarts.begun();
        }
    }

    @Test
    void whatIsOverdueIsDueNow() {
        assertTrue(restarts.plan(new RestartPolicy(true, 1, 1)));
        long planned = System.nanoTime();
        Await.until(() -> System.nanoTime() - planned >= MILLI);
        assertEquals(0, restarts.dueInNanos());
        assertTrue(restarts.isPlanned(), "until it has begun");
    }

    @Test
    void stopForgetsThePlannedOneAndTheRow() {
        RestartPolicy policy = new RestartPolicy(true, 1, 60_000);
        assertTrue(restarts.plan(policy));
        restarts.stop();
        assertFalse(restarts.isPlanned());
        assertEquals(0, restarts.count());
        assertTrue(restarts.plan(policy), "a new row");
        assertTrue(restarts.dueInNanos() > 0);
    }
}
