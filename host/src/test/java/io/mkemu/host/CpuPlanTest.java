// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
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
}
