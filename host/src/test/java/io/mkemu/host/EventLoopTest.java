// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** A stop is never slept over, whenever it comes. The word is the test's: a sleep that nothing ends fails at once. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class EventLoopTest {
    private final List<Long> sleeps = new ArrayList<>();
    private int word;
    private boolean stopped;
    private int reads;
    private int looks;
    private int stopsBeforeRead;
    private Runnable whileAsleep = () -> { };

    private final EventLoop loop = new EventLoop(new EventLoop.Events() {
        @Override
        public int seen() {
            reads++;
            if (reads == stopsBeforeRead) {
                stop();
            }
            return word;
        }

        @Override
        public void await(int seen, long timeoutNanos) {
            sleeps.add(timeoutNanos);
            if (seen == word) {
                whileAsleep.run();
            }
            assertTrue(seen != word || timeoutNanos > 0, "sleeps, and nothing is left that would wake it");
        }
    }, () -> stopped);

    private void stop() {
        stopped = true;
        word++;
    }

    private boolean isDone(boolean done) {
        looks++;
        return done;
    }

    @Test
    void aStopBeforeItIsSeen() {
        stop();
        assertFalse(loop.await(() -> isDone(true), 0));
        assertEquals(0, looks);
        assertEquals(List.of(), sleeps);
    }

    @Test
    void aStopJustBeforeTheFirstReadIsSeen() {
        stopsBeforeRead = 1;
        assertFalse(loop.await(() -> isDone(false), 0));
        assertEquals(List.of(), sleeps);
    }

    @Test
    void aStopJustBeforeALaterReadIsSeen() {
        stopsBeforeRead = 3;
        whileAsleep = () -> word++;
        assertFalse(loop.await(() -> isDone(false), 0));
        assertEquals(2, looks);
        assertEquals(List.of(0L, 0L), sleeps);
    }

    @Test
    void aStopInALookIsSeen() {
        assertFalse(loop.await(() -> {
            stop();
            return isDone(false);
        }, 0));
        assertEquals(1, looks);
        assertEquals(List.of(0L), sleeps, "of a word that has changed");
    }

    @Test
    void aStopInTheSleepIsSeen() {
        whileAsleep = this::stop;
        assertFalse(loop.await(() -> isDone(false), 0));
        assertEquals(List.of(0L), sleeps);
    }

    @Test
    void itLooksAgainWhenSomethingHappensOrTheTimeIsOver() {
        assertTrue(loop.await(() -> isDone(looks == 2), 5));
        assertEquals(3, looks);
        assertEquals(List.of(5L, 5L), sleeps);
    }
}
