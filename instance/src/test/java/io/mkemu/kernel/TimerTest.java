// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.IpiMode;
import io.mkemu.event.TimerQueue;
import io.mkemu.module.Task;
import io.mkemu.module.TaskHandle;
import io.mkemu.module.Timer;
import io.mkemu.os.Platform;
import io.mkemu.testkit.Await;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Timers and wake-ups: with a clock that the test moves, and on CPUs that really sleep. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class TimerTest {
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);

    @RegisterExtension
    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);
    private final List<String> order = Collections.synchronizedList(new ArrayList<>());
    private TestKernels.Node node;
    private TimerQueue timers;
    private long now = 1000;

    @BeforeEach
    void boot() throws Exception {
        node = machine.boot(1, 2, 3);
        timers = new TimerQueue(node.apic(0), () -> Cpu.current() == node.kernel.cpu(0), () -> now);
    }

    private Timer add(String name, long nanos, long period) {
        return timers.add((ModuleContext) node.api, () -> order.add(name), nanos, period);
    }

    private void on(Runnable what) throws Exception {
        node.on(() -> {
            what.run();
            return null;
        });
    }

    @Test
    void theEarliestGoesOffFirstAndEachOnce() {
        assertEquals(Long.MAX_VALUE, timers.untilNext(false));
        assertFalse(timers.run());
        add("c", 30, 0);
        assertTrue(timers.isEarlier());
        assertEquals(30, timers.untilNext(true));
        add("a", 10, 0);
        assertTrue(timers.isEarlier());
        add("b", 20, 0);
        assertEquals(10, timers.untilNext(true));
        add("d", Long.MAX_VALUE, 0);
        assertFalse(timers.isEarlier());
        now += 9;
        assertFalse(timers.run());
        assertEquals(1, timers.untilNext(false));
        now += 11;
        assertTrue(timers.run());
        assertEquals(List.of("a", "b"), order);
        assertEquals(10, timers.untilNext(false));
        now += 1000;
        assertTrue(timers.run());
        assertFalse(timers.run());
        assertEquals(List.of("a", "b", "c"), order);
    }

    @Test
    void aPeriodGoesOnFromItsTimesAndLeavesOutWhatWasMissed() throws Exception {
        Timer tick = add("tick", 10, 10);
        now += 14;
        timers.run();
        assertEquals(6, timers.untilNext(false));
        now += 36;
        timers.run();
        assertEquals(List.of("tick", "tick"), order);
        assertEquals(10, timers.untilNext(false));
        on(() -> {
            assertTrue(tick.isPending());
            assertTrue(tick.cancel());
            assertFalse(tick.cancel());
            tick.restart(3);
        });
        now += 3;
        timers.run();
        assertEquals(10, timers.untilNext(false));
        assertEquals(3, order.size());
    }

    @Test
    void anyOrderOfStartsAndCancelsIsKept() throws Exception {
        Random random = new Random(4);
        List<Timer> all = new ArrayList<>();
        long[] due = new long[200];
        for (int index = 0; index < due.length; index++) {
            due[index] = 1 + random.nextInt(1000);
            String name = "" + due[index];
            all.add(add(name, due[index], 0));
        }
        List<Long> expected = new ArrayList<>();
        on(() -> {
            for (int index = 0; index < due.length; index++) {
                if (random.nextInt(3) == 0) {
                    assertTrue(all.get(index).cancel());
                } else {
                    expected.add(due[index]);
                }
            }
        });
        now += 1000;
        timers.run();
        Collections.sort(expected);
        assertEquals(expected.stream().map(String::valueOf).toList(), order);
    }

    @Test
    void oneThatRestartsItselfAtOnceGoesOffInTheNextTurn() throws Exception {
        Timer[] self = new Timer[1];
        on(() -> {
            self[0] = timers.add((ModuleContext) node.api, () -> {
                order.add("again");
                self[0].restart(0);
            }, 0, 0);
            now++;
            timers.run();
        });
        assertEquals(1, order.size());
    }

    @Test
    void aCpuThatSleepsWakesForThem() throws Exception {
        CountDownLatch soon = new CountDownLatch(1);
        CountDownLatch ticks = new CountDownLatch(5);
        long[] late = new long[1];
        on(() -> {
            long due = node.api.nanoTime() + 5_000_000;
            node.api.after(5_000_000, () -> {
                late[0] = node.api.nanoTime() - due;
                soon.countDown();
            });
            node.api.every(1_000_000, ticks::countDown);
            node.api.after(HOUR, () -> order.add("never"));
        });
        Await.latch(soon);
        Await.latch(ticks);
        assertTrue(late[0] >= 0, "it went off " + -late[0] + " ns too early");
    }

    @Test
    void theyBelongToTheirCpuAndEndWithTheModule() throws Exception {
        Timer[] first = new Timer[1];
        on(() -> first[0] = node.api.after(HOUR, () -> { }));
        assertThrows(IllegalStateException.class, () -> first[0].cancel());
        assertThrows(IllegalStateException.class, () -> node.api.after(1, () -> { }));
        node.on(1, () -> {
            assertThrows(IllegalStateException.class, () -> first[0].restart(1));
            assertThrows(IllegalArgumentException.class, () -> node.api.every(0, () -> { }));
            node.api.every(HOUR, () -> { });
            return null;
        });
        node.shutDown();
        assertTrue(node.kernel.cpu(0).timers().isEmpty());
        assertTrue(node.kernel.cpu(1).timers().isEmpty());
    }

    @Test
    void whatOneThrowsIsLoggedAndTheNextGoesOff() throws Exception {
        CountDownLatch next = new CountDownLatch(1);
        on(() -> {
            node.api.after(0, () -> {
                throw new IllegalStateException("not today");
            });
            node.api.after(1000, next::countDown);
        });
        Await.latch(next);
        Await.until(() -> machine.log(1).stream().anyMatch(line ->
            line.contains("probe: timer failed: java.lang.IllegalStateException: not today")));
    }

    @Test
    void aTaskThatIsWokenIsSteppedNext() throws Exception {
        on(() -> {
            TaskQueue tasks = new TaskQueue(node.kernel.cpu(0), Platform.system());
            TaskHandle[] handles = new TaskHandle[3];
            boolean[] woken = new boolean[1];
            handles[0] = tasks.add((ModuleContext) node.api, "first", step("first", HOUR), true);
            handles[1] = tasks.add((ModuleContext) node.api, "second", () -> {
                order.add("second");
                if (!woken[0]) {
                    woken[0] = true;
                    handles[0].wake();
                    handles[1].wake();
                }
                return Task.WAIT;
            }, true);
            handles[2] = tasks.add((ModuleContext) node.api, "third", step("third", Task.WAIT), true);
            assertEquals(0, tasks.run(false), "two are to be stepped again at once");
            assertTrue(tasks.run(false) > 0);
            assertEquals(List.of("first", "second", "third", "first", "second"), order);
            handles[2].wake();
            tasks.run(false);
            tasks.run(false);
            assertEquals(List.of("third"), order.subList(5, order.size()));
        });
    }

    private Task step(String name, long result) {
        return () -> {
            order.add(name);
            return result;
        };
    }

    @Test
    void aTaskIsWokenByATimerAndByAnyThread() throws Exception {
        AtomicInteger steps = new AtomicInteger();
        AtomicInteger before = new AtomicInteger(-1);
        TaskHandle[] handle = new TaskHandle[1];
        on(() -> {
            handle[0] = node.api.startTask("waits", () -> {
                steps.incrementAndGet();
                return before.get() == -2 ? Task.DONE : Task.WAIT;
            });
            node.api.after(1_000_000, () -> {
                before.set(steps.get());
                handle[0].wake();
            });
        });
        Await.until(() -> before.get() >= 0 && steps.get() > before.get());
        before.set(-2);
        handle[0].wake();
        Await.until(() -> node.kernel.entry().tasksEnded() == 1);
        int last = steps.get();
        handle[0].wake();
        node.settle(0);
        assertEquals(last, steps.get());
    }
}
