// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.IpiMode;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.module.Task;
import io.mkemu.testkit.Await;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One lane that never runs empty: what else the CPU has to do is done within so many of its messages. */
@Timeout(value = 180, threadMode = ThreadMode.SEPARATE_THREAD)
class FloodedLaneTest {
    private static final int FLOOD = 7;
    private static final int OTHER = 8;
    private static final int ROUNDS = 200;
    /* One look into a lane, then as much as is served before a turn, and the look of that turn. */
    private static final int BOUND = 3 * 64;

    @RegisterExtension
    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);
    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[8]);
    /* By the one CPU of the flooded kernel. */
    private volatile int floods;
    private volatile int served = -1;
    private volatile boolean over;
    private final AtomicInteger others = new AtomicInteger();
    private volatile Runnable next;
    private Node node;

    @BeforeEach
    void flood() throws Exception {
        node = machine.boot(1, 2);
        node.apic(0).sharesCore(false);
        node.api.registerHandler((data, context) -> {
            floods++;
            Runnable once = next;
            if (once != null) {
                next = null;
                once.run();
            }
            if (!over) {
                assertEquals(0, node.api.sendIpiData(1, payload, 0, 8, FLOOD));
            }
        }, null, FLOOD);
        node.api.registerHandler((data, context) -> others.incrementAndGet(), null, OTHER);
        node.on(() -> node.api.sendIpiData(1, payload, 0, 8, FLOOD));
    }

    /** Has something done by a callback of the flood; how many messages later what it asked for was done. */
    private int messagesUntilServed(Runnable ask) {
        served = -1;
        int[] asked = new int[1];
        next = () -> {
            asked[0] = floods;
            ask.run();
        };
        Await.until(() -> served >= 0);
        return served - asked[0];
    }

    private void serve() {
        served = floods;
    }

    @Test
    void aVectorIsTakenWithinABound() {
        for (int round = 0; round < ROUNDS; round++) {
            int messages = messagesUntilServed(() -> node.kernel.cpu(0).submit(this::serve));
            assertTrue(messages <= BOUND, messages + " messages in round " + round);
        }
        over = true;
    }

    @Test
    void aTaskIsSteppedWithinABound() {
        for (int round = 0; round < ROUNDS; round++) {
            int messages = messagesUntilServed(() -> node.api.startTask("once", () -> {
                serve();
                return Task.DONE;
            }));
            assertTrue(messages <= BOUND, messages + " messages in round " + round);
        }
        over = true;
    }

    /** How many messages pass until it comes depends on the scheduler of this system: that it comes does not. */
    @Test
    void anotherLaneIsServedWhileTheFloodLasts() throws Exception {
        Node other = machine.boot(2, 3);
        for (int round = 1; round <= ROUNDS; round++) {
            int wanted = round;
            assertEquals(0, other.on(() -> other.api.sendIpiData(1, payload, 0, 8, OTHER)));
            Await.until(() -> others.get() >= wanted);
        }
        assertTrue(floods > 0);
        over = true;
    }
}
