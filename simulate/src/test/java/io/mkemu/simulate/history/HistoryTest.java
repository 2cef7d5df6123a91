// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.mkemu.module.Operation;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What modules do with their operations, and what of it the history has. */
class HistoryTest {
    private final AtomicLong step = new AtomicLong();
    private final History history = new History(step::get);
    private final Operation lock = history.operation(new Caller(1, "n1", 1), "lock");
    private final Operation unlock = history.operation(new Caller(2, "n2", 3), "unlock");

    @Test
    void anOperationHasABeginningAndAnEnd() {
        step.set(10);
        lock.begins(7);
        step.set(11);
        unlock.begins();
        lock.ends(-16);
        step.set(12);
        unlock.ends();
        assertEquals(2, history.size());
        assertEquals("n1", history.caller(0).toString());
        assertEquals("lock", history.name(0));
        assertEquals(7, history.argument(0));
        assertEquals(-16, history.result(0));
        assertEquals(10, history.beginStep(0));
        assertEquals(11, history.endStep(0));
        assertEquals("lock(7) = -16", history.callAndResult(0));
        assertEquals("n2, life 3", history.caller(1).toString());
        assertEquals("unlock()", history.callAndResult(1));
        assertEquals(0, history.argument(1));
        assertEquals(0, history.result(1));
        assertEquals(12, history.endStep(1));
        assertTrue(history.begin(0) < history.begin(1) && history.begin(1) < history.end(0)
            && history.end(0) < history.end(1), "of one step too, the order is known");
        assertNull(history.misuse());
    }

    @Test
    void anObjectIsUsedAgain() {
        lock.begins(1);
        lock.ends(0);
        lock.begins(2);
        lock.givesUp();
        lock.begins(3);
        lock.hadNoEffect();
        lock.begins(4);
        assertEquals(4, history.size());
        assertEquals(1, history.end(0));
        for (int operation = 1; operation < 4; operation++) {
            assertEquals(operation + 1, history.argument(operation));
            assertEquals(History.NONE, history.end(operation));
            assertEquals(operation == 2, history.isRemoved(operation));
        }
        assertNull(history.misuse());
    }

    @Test
    void twoObjectsOfOneNameAreOpenAtOnce() {
        Operation other = history.operation(new Caller(1, "n1", 1), "lock");
        lock.begins(1);
        other.begins(2);
        lock.ends(10);
        other.ends(20);
        assertEquals(10, history.result(0));
        assertEquals(20, history.result(1));
        assertNull(history.misuse());
    }

    @Test
    void whatIsOutOfOrderIsToldOnceAndChangesNothing() {
        unlock.ends(5);
        assertEquals("n2, life 3: operation unlock ends, but it has not begun; call begins on the same object before",
            history.misuse());
        lock.hadNoEffect();
        lock.givesUp();
        assertTrue(history.misuse().startsWith("n2"), "the first one stays");
        assertEquals(0, history.size());
        history.clear();
        assertNull(history.misuse());
        step.set(42);
        lock.begins(1);
        lock.begins(2);
        assertEquals("n1: operation lock begins, but it has not ended since it began in step 42; make one for each "
            + "request under way, or call givesUp", history.misuse());
        lock.ends(3);
        assertEquals(1, history.size());
        assertEquals("lock(1) = 3", history.callAndResult(0));
    }

    @Test
    void aClearedHistoryBeginsAnew() {
        for (int run = 0; run < 3; run++) {
            history.clear();
            Operation operation = history.operation(new Caller(run, "n" + run, 1), "get");
            for (int round = 0; round < 1000; round++) {
                operation.begins(round);
                if (round % 3 == run) {
                    operation.hadNoEffect();
                } else {
                    operation.ends(round * 2L);
                }
            }
            assertEquals(1000, history.size());
            for (int round = 0; round < 1000; round++) {
                assertEquals(round % 3 == run, history.isRemoved(round));
                assertEquals(round, history.argument(round));
                assertEquals(round % 3 == run ? 0 : round * 2L, history.result(round));
                assertEquals(round % 3 == run, history.end(round) == History.NONE);
                assertEquals("n" + run, history.caller(round).name());
            }
            assertEquals(0, history.begin(0));
        }
    }

    @Test
    void aRunLikeTheOneBeforeAllocatesNothing() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = 0;
        for (int run = 0; run < 2; run++) {
            before = threads.getCurrentThreadAllocatedBytes();
            history.clear();
            for (int round = 0; round < 100_000; round++) {
                step.incrementAndGet();
                lock.begins(round);
                unlock.begins();
                lock.ends(round);
                unlock.hadNoEffect();
            }
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertEquals(200_000, history.size());
        assertTrue(allocated < 10_000, allocated + " bytes in 400,000 events");
    }

    @Test
    void twoNumbersInOneAreReadable() {
        lock.begins(Models.Registers.argument(3, 7));
        lock.ends(Long.MIN_VALUE);
        assertEquals("lock(0x300000007) = 0x8000000000000000", history.callAndResult(0));
    }
}
