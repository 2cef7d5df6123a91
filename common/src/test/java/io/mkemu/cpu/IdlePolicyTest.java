// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class IdlePolicyTest {
    private static final long GROW_START = 50_000;
    private static final long MAX = 200_000;

    /** A CPU whose sleeps last as long as it is told, and that has work at the look it is told. */
    private static final class FakeCpu implements IdlePolicy.Idler {
        private final List<Long> halts = new ArrayList<>();
        private long haltNanos;
        private long workAtLook = Long.MAX_VALUE;
        private long looks;
        private long polledNanos;
        private boolean alone = true;

        @Override
        public boolean mayPoll() {
            return alone;
        }

        @Override
        public boolean poll(int many) {
            for (int look = 0; look < many; look++) {
                if (++looks >= workAtLook) {
                    return true;
                }
                Thread.onSpinWait();
            }
            return false;
        }

        @Override
        public void polled(long nanos) {
            assertTrue(nanos >= 0, "polled for " + nanos);
            polledNanos += nanos;
        }

        @Override
        public void halt(long timeoutNanos) {
            halts.add(timeoutNanos);
            long start = System.nanoTime();
            while (System.nanoTime() - start < haltNanos) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void namesAreLinuxs() {
        assertInstanceOf(PollIdle.class, IdlePolicy.of("poll"));
        assertInstanceOf(HaltIdle.class, IdlePolicy.of("halt"));
        assertInstanceOf(HaltPollIdle.class, IdlePolicy.of("haltpoll"));
        assertTrue(IdlePolicy.of("poll").polls());
        assertTrue(IdlePolicy.of("haltpoll").polls());
        assertFalse(IdlePolicy.of("halt").polls());
        for (String bad : new String[] {"", "Poll", "nomwait", "halt "}) {
            String message =
                assertThrows(IllegalArgumentException.class, () -> IdlePolicy.of(bad)).getMessage();
            assertEquals("idle=" + bad + " is not an idle policy; use idle=poll, idle=halt or idle=haltpoll", message);
        }
    }

    /** Each yield may last a time slice of another: a task would wait for all of them. */
    @Test
    void onASharedCoreATimeThatIsOverEndsTheYields() {
        FakeCpu cpu = new FakeCpu();
        cpu.alone = false;
        IdlePolicy.of("poll").idle(cpu, 1);
        assertEquals(1, cpu.looks);
        assertEquals(List.of(), cpu.halts);
    }

    @ParameterizedTest
    @ValueSource(strings = {"poll", "halt", "haltpoll"})
    void aSharedCoreSleepsSoon(String name) {
        IdlePolicy policy = IdlePolicy.of(name);
        FakeCpu cpu = new FakeCpu();
        cpu.alone = false;
        for (int times = 0; times < 50; times++) {
            policy.idle(cpu, Long.MAX_VALUE);
        }
        assertEquals(50, cpu.halts.size());
        assertEquals(name.equals("poll") ? 50 * PollIdle.YIELDS : 0, cpu.looks, "one look each time it let others run");
    }

    @Test
    void haltSleepsAtOnceAsLongAsItMay() {
        FakeCpu cpu = new FakeCpu();
        IdlePolicy.of("halt").idle(cpu, Long.MAX_VALUE);
        IdlePolicy.of("halt").idle(cpu, 12_345);
        assertEquals(List.of(0L, 12_345L), cpu.halts);
        assertEquals(0, cpu.looks);
    }

    @Test
    void pollLooksUntilThereIsWorkOrTimeIsOver() {
        FakeCpu cpu = new FakeCpu();
        cpu.workAtLook = 100_000;
        IdlePolicy.of("poll").idle(cpu, Long.MAX_VALUE);
        assertEquals(100_000, cpu.looks);
        cpu.workAtLook = Long.MAX_VALUE;
        IdlePolicy.of("poll").idle(cpu, 1);
        assertEquals(List.of(), cpu.halts);
    }

    @Test
    void pollingTimeIsCountedWhileItLooksInVain() {
        FakeCpu cpu = new FakeCpu();
        long start = System.nanoTime();
        cpu.workAtLook = 31;
        IdlePolicy.of("poll").idle(cpu, Long.MAX_VALUE);
        assertEquals(0, cpu.polledNanos, "the clock is not read before the first looks");
        cpu.workAtLook = cpu.looks + 100_000;
        IdlePolicy.of("poll").idle(cpu, Long.MAX_VALUE);
        assertTrue(cpu.polledNanos > 0 && cpu.polledNanos < System.nanoTime() - start, "polled " + cpu.polledNanos);
        cpu.workAtLook = Long.MAX_VALUE;
        long before = cpu.polledNanos;
        IdlePolicy.of("poll").idle(cpu, 2_000_000);
        assertTrue(cpu.polledNanos - before >= 2_000_000, "all of the time: " + (cpu.polledNanos - before));
        HaltPollIdle haltPoll = new HaltPollIdle();
        while (haltPoll.pollNanos() == 0) {
            haltPoll.idle(cpu, Long.MAX_VALUE);
        }
        before = cpu.polledNanos;
        long bound = haltPoll.pollNanos();
        haltPoll.idle(cpu, Long.MAX_VALUE);
        assertTrue(cpu.polledNanos - before >= bound, "until the bound: " + (cpu.polledNanos - before));
    }

    /* Being preempted may make any single sleep a long one: each step must be one the rule allows, and growth comes. */
    @Test
    void shortSleepsMakeHaltpollPollLonger() {
        HaltPollIdle policy = new HaltPollIdle();
        FakeCpu cpu = new FakeCpu();
        assertEquals(0, policy.pollNanos());
        boolean reachedMax = false;
        while (!reachedMax) {
            long before = policy.pollNanos();
            policy.idle(cpu, Long.MAX_VALUE);
            long after = policy.pollNanos();
            long grown = Math.min(MAX, Math.max(GROW_START, before * 2));
            assertTrue(after == grown || after == shrunk(before) || after == before, before + " -> " + after);
            reachedMax = after == MAX;
        }
    }

    private static long shrunk(long pollNanos) {
        return pollNanos / 2 < GROW_START ? 0 : pollNanos / 2;
    }

    @Test
    void longSleepsMakeItPollShorterAndStop() {
        HaltPollIdle policy = new HaltPollIdle();
        FakeCpu cpu = new FakeCpu();
        while (policy.pollNanos() < MAX) {
            policy.idle(cpu, Long.MAX_VALUE);
        }
        cpu.haltNanos = MAX + 1;
        List<Long> bounds = new ArrayList<>();
        while (policy.pollNanos() > 0) {
            policy.idle(cpu, Long.MAX_VALUE);
            bounds.add(policy.pollNanos());
        }
        assertEquals(List.of(100_000L, 50_000L, 0L), bounds);
        policy.idle(cpu, Long.MAX_VALUE);
        assertEquals(0, policy.pollNanos());
        long looks = cpu.looks;
        policy.idle(cpu, Long.MAX_VALUE);
        assertEquals(looks, cpu.looks, "without a bound it does not poll");
    }

    @Test
    void workThatPollingFindsNeedsNoSleep() {
        HaltPollIdle policy = new HaltPollIdle();
        FakeCpu cpu = new FakeCpu();
        while (policy.pollNanos() == 0) {
            policy.idle(cpu, Long.MAX_VALUE);
        }
        int halts = cpu.halts.size();
        long bound = policy.pollNanos();
        cpu.workAtLook = cpu.looks + 5;
        policy.idle(cpu, Long.MAX_VALUE);
        assertEquals(halts, cpu.halts.size());
        assertEquals(cpu.workAtLook, cpu.looks);
        assertEquals(bound, policy.pollNanos());
    }

    @Test
    void aTimeOutBoundsTheSleep() {
        HaltPollIdle policy = new HaltPollIdle();
        FakeCpu cpu = new FakeCpu();
        long hour = 3_600_000_000_000L;
        for (int times = 0; times < 20; times++) {
            policy.idle(cpu, hour);
        }
        assertEquals(20, cpu.halts.size());
        cpu.halts.forEach(nanos -> assertTrue(nanos > 0 && nanos <= hour, "halted for " + nanos));
        policy.idle(cpu, 0);
        assertEquals(20, cpu.halts.size(), "no time, no sleep");
    }
}
