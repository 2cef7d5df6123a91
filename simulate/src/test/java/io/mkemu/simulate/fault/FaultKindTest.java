// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import org.junit.jupiter.api.Test;

class FaultKindTest {
    @Test
    void listsAreRead() {
        assertEquals(EnumSet.of(FaultKind.KILL, FaultKind.MID_SEND), FaultKind.parse("kill, mid-send"));
        assertEquals(EnumSet.allOf(FaultKind.class), FaultKind.parse("all"));
        assertEquals(EnumSet.noneOf(FaultKind.class), FaultKind.parse("none"));
    }

    @Test
    void anUnknownOneIsNamed() {
        String told = assertThrows(IllegalArgumentException.class, () -> FaultKind.parse("kill,mid_send"))
            .getMessage();
        assertTrue(told.startsWith("'mid_send' is not a fault; the faults are kill, mid-send,"), told);
    }
}
