// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mkemu.hazards.Patience.Silence;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class PatienceTest {
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private long now = 1;
    private int looks;
    private int slept;

    /** Each sleep takes a second of the test's own time, in which nothing happens. */
    private final Patience.Events nothing = new Patience.Events() {
        @Override
        public int seen() {
            return 7;
        }

        @Override
        public void await(int seen, long timeoutNanos) {
            assertEquals(7, seen);
            assertEquals(LOOK_NANOS, timeoutNanos);
            slept++;
            now += TimeUnit.SECONDS.toNanos(1);
        }
    };

    private Patience patience(Runnable check) {
        return new Patience(check, () -> now, () -> 23.96);
    }

    @Test
    void whatTakesAlmostAMinuteIsWaitedFor() {
        patience(() -> { }).await(nothing, "a slow kernel", () -> ++looks == 60);
        assertEquals(59, slept);
    }

    @Test
    void afterAMinuteItSaysWhatWasAwaitedAndWhatTheLoadIs() {
        Silence silence = assertThrows(Silence.class,
            () -> patience(() -> { }).await(nothing, "the boot of instance stops-too", () -> false));
        assertEquals("waited 61 s in vain for the boot of instance stops-too; the machine's load average is 24.0 on "
            + Runtime.getRuntime().availableProcessors() + " CPUs", silence.getMessage());
    }

    @Test
    void aWaitEndsAtOnceWhenThereIsNothingToWaitForAnyMore() {
        Silence silence = assertThrows(Silence.class, () -> patience(() -> {
            throw new Silence("instance a is dead");
        }).await(nothing, "it", () -> false));
        assertEquals("instance a is dead", silence.getMessage());
        assertEquals(0, slept);
    }

    @Test
    void whatHasHappenedIsSeenBeforeAnythingElseIsAsked() {
        patience(() -> {
            throw new Silence("nothing to wait for");
        }).await(nothing, "it", () -> true);
        assertEquals(0, slept);
    }
}
