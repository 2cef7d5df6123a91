// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.host.TestHost;
import io.mkemu.memory.Region;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A CPU that the test plays holds the IPI area of a former life of instance 1. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class BusyAreaTest {
    private static final Region AREA = new Region(0x1234000, 0x4000);

    @RegisterExtension
    private final TestHost box = TestHost.make();

    private BusyArea area(int... holders) {
        for (int cpu : holders) {
            box.apic(cpu).sendsTo(1, true);
        }
        return new BusyArea(box.mapped(), 1, AREA, holders);
    }

    private void takesVectors(int cpu) {
        assertEquals(1L << LocalApicDescriptor.RESCHEDULE_VECTOR, box.apic(cpu).takePending(), "it was asked");
    }

    @Test
    void withoutAHolderItIsFree() {
        BusyArea area = area();
        assertEquals(AREA, area.region());
        assertTrue(area.isFree());
    }

    @Test
    void itIsFreeWhenTheLastHolderHasLetGo() {
        BusyArea area = area(3, 5);
        assertEquals(Set.of(3, 5), area.holders());
        assertFalse(area.isFree());
        takesVectors(3);
        box.apic(3).sendsTo(1, false);
        assertFalse(area.isFree(), "the other has it still");
        assertEquals(Set.of(5), area.holders());
        takesVectors(5);
        box.apic(5).sendsTo(1, false);
        assertTrue(area.isFree());
        box.apic(5).sendsTo(1, true);
        assertTrue(area.isFree(), "that is the next life's");
    }

    @Test
    void aHolderThatDiedHasLetGo() {
        BusyArea area = area(3);
        assertFalse(area.isFree());
        box.apic(3).retire();
        assertTrue(area.isFree());
    }

    @Test
    void aHolderThatDoesNotTakeItsVectorsKeepsItForEver() {
        BusyArea area = area(3);
        for (int look = 0; look < 1000; look++) {
            assertFalse(area.isFree());
        }
        assertTrue(box.apic(3).isPending(LocalApicDescriptor.RESCHEDULE_VECTOR));
    }

    /** It is back before the host looks, and sends to the next life at once: its bit is never seen clear. */
    @Test
    void aHolderThatSendsToTheNextLifeHasLetGoWhenItHasTakenTwoVectors() {
        BusyArea area = area(3);
        assertFalse(area.isFree());
        takesVectors(3);
        assertFalse(area.isFree(), "it may be stopped between the vector and letting go");
        assertFalse(area.isFree(), "it is asked a second time");
        takesVectors(3);
        assertTrue(area.isFree());
        assertFalse(box.apic(3).isPending(LocalApicDescriptor.RESCHEDULE_VECTOR), "and not a third time");
    }

    @Test
    void eachHolderIsAskedForItself() {
        BusyArea area = area(3, 5);
        takesVectors(3);
        assertFalse(area.isFree());
        takesVectors(3);
        assertFalse(area.isFree());
        assertEquals(Set.of(5), area.holders());
        takesVectors(5);
        assertFalse(area.isFree());
        takesVectors(5);
        assertTrue(area.isFree());
    }
}
