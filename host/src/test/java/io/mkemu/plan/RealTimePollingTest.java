// SPDX-License-Identifier: Apache-2.0
package io.mkemu.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.os.Scheduler;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class RealTimePollingTest {
    private static final BitSet TWO = BitSet.valueOf(new long[] {3});

    @Test
    void pollersOnAllHostCpusAreRefused() {
        CpuPlan plan = CpuPlan.of(List.of(0, 1), TWO);
        MachineException refused = assertThrows(MachineException.class,
            () -> RealTimePolling.require(Scheduler.FIFO, TWO, plan, List.of(1, 0)));
        assertEquals(ExitCode.RESOURCES, refused.exitCode());
        assertTrue(refused.getMessage().startsWith("CPUs [0, 1] poll (idle=poll) under SCHED_FIFO on all host CPUs "
            + "that mkemu may use (0-1)"), refused.getMessage());
        assertThrows(MachineException.class, () -> RealTimePolling.require(Scheduler.RR, TWO, plan, List.of(0, 1)));
    }

    @Test
    void oneHostCpuForTheRestIsEnough() {
        CpuPlan plan = CpuPlan.of(List.of(0, 1), TWO);
        RealTimePolling.require(Scheduler.FIFO, TWO, plan, List.of(1));
        RealTimePolling.require(Scheduler.FIFO, BitSet.valueOf(new long[] {7}), plan, List.of(0, 1));
        RealTimePolling.require(Scheduler.OTHER, TWO, plan, List.of(0, 1));
    }

    /** CPUs that share a host CPU never poll. */
    @Test
    void cpusThatShareDoNotCount() {
        CpuPlan plan = CpuPlan.of(List.of(0, 1, 2), TWO);
        RealTimePolling.require(Scheduler.FIFO, TWO, plan, List.of(0, 1, 2));
    }

    @Test
    void theLastIdleOnACommandLineCounts() {
        assertTrue(RealTimePolling.polls("quiet idle=halt idle=poll"));
        assertFalse(RealTimePolling.polls("idle=poll idle=haltpoll"));
        assertFalse(RealTimePolling.polls(""));
    }
}
