// SPDX-License-Identifier: Apache-2.0
package io.mkemu.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.tree.MachineSpec;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ApicIdPlanTest {
    private static MachinePlan plan(String cpus, String apicIds) {
        return MachinePlan.of(MachineSpec.parse("t.dts", """
            /dts-v1/;
            / { compatible = "multikernel-v1";
              resources { cpus = <%s>; apic-ids = <%s>; memory-bytes = <0x10000000>; };
              instances { a { id = <1>; resources { cpus = <1>; memory-bytes = <0x1000000>; }; }; };
            };
            """.formatted(cpus, apicIds), Path.of("/")));
    }

    @Test
    void theRamHasRoomForNumbersAndPhysicalIds() {
        assertEquals(31, plan("0 1", "0 30").layout().nrCpus());
        assertEquals(10, plan("0 1 9", "0 1 2").layout().nrCpus());
    }

    @Test
    void theHostKeepsItsNumberAndIsPlacedByItsPhysicalId() {
        MachinePlan plan = plan("0 1", "5 4");
        assertEquals(0, plan.hostCpu());
        assertEquals(5, plan.spec().apicId(plan.hostCpu()));
        assertEquals(Set.of(4, 5), plan.cpus().hostCpus().keySet());
    }

    @Test
    void aCpuGetsTheHostCpuOfItsNumberNotOfItsPhysicalId() {
        BitSet allowed = new BitSet();
        allowed.set(0, 4);
        assertEquals(Map.of(3, 1, 2, 2, 9, 0),
            CpuPlan.of(List.of(3, 2, 9), Map.of(3, 1, 2, 2, 9, 0), allowed).hostCpus());
    }
}
