// SPDX-License-Identifier: Apache-2.0
package io.mkemu.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CpuPlanTest {
    private static BitSet allowed(int... cpus) {
        BitSet set = new BitSet();
        Arrays.stream(cpus).forEach(set::set);
        return set;
    }

    @Test
    void aCpuKeepsItsNumberWhereTheHostCpuMayBeUsed() {
        CpuPlan plan = CpuPlan.of(List.of(2, 0, 1), allowed(0, 1, 2, 3));
        assertEquals(Map.of(0, 0, 1, 1, 2, 2), plan.hostCpus());
        assertFalse(plan.isShared(1));
        assertNull(plan.overcommitment());
    }

    @Test
    void theOthersGoToTheHostCpusWithTheFewest() {
        CpuPlan plan = CpuPlan.of(List.of(0, 1, 2, 3, 4), allowed(0, 1));
        assertEquals(Map.of(0, 0, 1, 1, 2, 0, 3, 1, 4, 0), plan.hostCpus());
    }

    @Test
    void aContainersCpuSetIsTheOnlyOneUsed() {
        CpuPlan plan = CpuPlan.of(List.of(0, 1, 5), allowed(5));
        assertEquals(Map.of(0, 5, 1, 5, 5, 5), plan.hostCpus());
        assertTrue(plan.isShared(5));
    }

    @Test
    void sharingIsSaidInOneLine() {
        String line = CpuPlan.of(List.of(0, 1, 2), allowed(0, 1)).overcommitment();
        assertEquals("3 CPUs on 2 host CPUs: CPUs 0 2 share host CPU 0; a CPU that shares never polls", line);
    }

    @Test
    void onlyCpusOnOneHostCpuShare() {
        CpuPlan plan = CpuPlan.of(List.of(0, 1, 2), allowed(0, 1));
        assertTrue(plan.isShared(0));
        assertFalse(plan.isShared(1));
        assertTrue(plan.isShared(2));
    }

    private static final Map<Integer, Integer> SAME = IntStream.range(0, 64).boxed()
        .collect(Collectors.toMap(cpu -> cpu, cpu -> cpu));

    @Test
    void furtherCpusLeaveTheOthersWhereTheyAre() {
        CpuPlan plan = CpuPlan.of(List.of(5, 6), allowed(0, 1));
        assertEquals(Map.of(5, 0, 6, 1), plan.hostCpus());
        CpuPlan more = plan.with(List.of(6, 0, 1, 7), SAME, allowed(0, 1));
        assertEquals(Map.of(5, 0, 6, 1, 0, 0, 1, 1, 7, 0), more.hostCpus());
        assertEquals(Map.of(5, 0, 6, 1), plan.hostCpus(), "the plan itself is what it was");
        assertEquals(plan, plan.with(List.of(), SAME, allowed(0, 1)));
    }

    @Test
    void whoFreesAHostCpuMakesRoomForTheNext() {
        CpuPlan plan = CpuPlan.of(List.of(0, 1, 2, 3), allowed(0, 1));
        assertEquals(Map.of(0, 0, 1, 1, 2, 0, 3, 1), plan.hostCpus());
        CpuPlan fewer = plan.without(List.of(1, 3));
        assertEquals(Map.of(0, 0, 2, 0), fewer.hostCpus());
        assertEquals(Map.of(0, 0, 2, 0, 8, 1), fewer.with(List.of(8), SAME, allowed(0, 1)).hostCpus());
        assertEquals(plan, plan.without(List.of(17)), "one that is not in it");
        assertEquals(Map.of(), plan.without(List.of(0, 1, 2, 3)).hostCpus());
    }

    @Test
    void hostCpusThatMayNoLongerBeUsedAreNotGivenToFurtherCpus() {
        CpuPlan plan = CpuPlan.of(List.of(0, 1), allowed(0, 1, 2, 3));
        CpuPlan more = plan.with(List.of(2, 3, 4), SAME, allowed(3, 5));
        assertEquals(Map.of(0, 0, 1, 1, 2, 5, 3, 3, 4, 3), more.hostCpus());
    }

    @Test
    void aCpuMovesWhereItsProcessMayUseOtherHostCpusThanWasThought() {
        CpuPlan plan = CpuPlan.of(List.of(0, 1, 2), allowed(0));
        assertEquals(Map.of(0, 0, 1, 0, 2, 0), plan.hostCpus());
        CpuPlan joined = plan.with(List.of(1, 2), SAME, allowed(0, 1));
        assertEquals(Map.of(0, 0, 1, 1, 2, 0), joined.hostCpus(), "its own number; no need to move");
        assertEquals(Map.of(0, 0, 1, 1, 2, 3), joined.with(List.of(2), SAME, allowed(3)).hostCpus());
        assertEquals(Map.of(0, 0, 1, 0, 2, 0), joined.with(List.of(1), SAME, allowed(0)).hostCpus());
    }

    @Test
    void whoDoesNotRunSharesWithNobody() {
        CpuPlan plan = CpuPlan.of(List.of(0, 1, 2, 3), allowed(0, 1));
        CpuPlan running = plan.only(List.of(0, 1, 3, 99));
        assertEquals(Map.of(0, 0, 1, 1, 3, 1), running.hostCpus());
        assertFalse(running.isShared(0));
        assertTrue(running.isShared(1) && running.isShared(3));
        assertEquals("3 CPUs on 2 host CPUs: CPUs 1 3 share host CPU 1; a CPU that shares never polls",
            running.overcommitment());
        assertNull(plan.only(List.of(0, 1)).overcommitment());
        assertEquals(Map.of(), plan.only(List.of()).hostCpus());
    }

    @Test
    void whoIsMovedSharesWhereItIs() {
        CpuPlan plan = CpuPlan.of(List.of(0, 1, 2, 3), allowed(0, 1, 2, 3));
        CpuPlan moved = plan.moved(Map.of(1, 0, 2, -1, 99, 3));
        assertEquals(Map.of(0, 0, 1, 0, 2, -1, 3, 3), moved.hostCpus());
        assertTrue(moved.isShared(0) && moved.isShared(1) && moved.isShared(2));
        assertFalse(moved.isShared(3));
        assertEquals("CPUs 0 1 share host CPU 0", moved.overcommitment().replaceFirst(".*: (.*);.*", "$1"));
        assertNull(plan.moved(Map.of(2, -1)).overcommitment());
    }

    @Test
    void furtherCpusGoByTheirNumbersNotByTheirPhysicalIds() {
        CpuPlan plan = CpuPlan.of(List.of(), allowed(0, 1, 2));
        assertEquals(Map.of(7, 2, 2, 0, 0, 1), plan.with(List.of(7, 2, 0), Map.of(7, 2, 2, 9, 0, 1), allowed(0, 1, 2))
            .hostCpus());
    }
}
