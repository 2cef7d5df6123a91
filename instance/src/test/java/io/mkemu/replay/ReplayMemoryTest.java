// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mkemu.MachineException;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.ipi.MkIpiDataDescriptor;
import io.mkemu.memory.Pages;
import io.mkemu.memory.Window;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What stands for memory and messages in a replay. */
@Timeout(60)
class ReplayMemoryTest {
    private static final long AT = 0x10_0000;
    private static final int PAGE = Pages.PAGE_SIZE;

    private final ReplayMemory memory = new ReplayMemory();

    private static byte[] page(int value) {
        byte[] bytes = new byte[PAGE];
        bytes[0] = (byte) value;
        return bytes;
    }

    @Test
    void windowsOnOneAllocationSeeTheSame() {
        memory.allocated(AT, 3 * PAGE - 1);
        Window whole = memory.map(AT, 3 * PAGE);
        Window last = memory.map(AT + 2 * PAGE, PAGE);
        assertEquals(AT + 2 * PAGE, last.physicalAddress());
        last.buffer().putInt(4, 77);
        assertEquals(77, whole.buffer().getInt(2 * PAGE + 4));
        last.close();
        assertEquals(0, last.buffer().capacity());
        assertEquals(77, memory.map(AT + 2 * PAGE, 8).buffer().getInt(4));
        assertThrows(IndexOutOfBoundsException.class, () -> whole.buffer().getByte(3 * PAGE));
    }

    @Test
    void whatIsNotAllocatedCannotBeMapped() {
        memory.allocated(AT, PAGE);
        memory.allocated(AT + PAGE, PAGE);
        for (long[] range : new long[][] {{AT - PAGE, PAGE}, {AT, PAGE + 1}, {AT + 2 * PAGE, 1}, {AT, 0}, {AT, -1},
            {AT, Long.MAX_VALUE}}) {
            assertThrows(MachineException.class, () -> memory.map(range[0], range[1]));
        }
        memory.freed(AT);
        memory.freed(AT);
        assertThrows(MachineException.class, () -> memory.map(AT, PAGE));
    }

    @Test
    void aWindowOutlivesItsAllocation() {
        memory.allocated(AT, PAGE);
        Window old = memory.map(AT, PAGE);
        old.buffer().putInt(0, 5);
        memory.freed(AT);
        memory.allocated(AT, PAGE);
        Window fresh = memory.map(AT, PAGE);
        assertEquals(0, fresh.buffer().getInt(0));
        assertEquals(5, old.buffer().getInt(0));
        old.close();
        old.close();
        fresh.buffer().putInt(0, 6);
        assertEquals(6, memory.map(AT, PAGE).buffer().getInt(0));
    }

    @Test
    void aReceivedPageHasWhatWasInItWhenItWasMapped() {
        Window first = memory.page(9, page(1));
        Window second = memory.page(9, page(2));
        assertEquals(2, first.buffer().getByte(0));
        memory.change(Pages.address(9), new byte[] {3});
        assertEquals(3, second.buffer().getByte(0));
        first.close();
        assertEquals(3, second.buffer().getByte(0));
        second.close();
        memory.change(Pages.address(9), new byte[] {4});
        assertEquals(5, memory.page(9, page(5)).buffer().getByte(0));
    }

    @Test
    void aPageOfItsOwnComesBackAsItself() {
        memory.allocated(AT, 2 * PAGE);
        Window mine = memory.map(AT, 2 * PAGE);
        try (Window received = memory.page(Pages.pfn(AT) + 1, page(8))) {
            assertEquals(8, mine.buffer().getByte(PAGE));
            received.buffer().putByte(1, (byte) 9);
        }
        assertEquals(9, mine.buffer().getByte(PAGE + 1));
    }

    @Test
    void aMessageThatCannotBeIsNone() {
        MemorySegment slot = Arena.ofAuto().allocate(MkIpiDataDescriptor.LENGTH, Long.BYTES);
        UnsafeBuffer bytes = new UnsafeBuffer(slot.address(), MkIpiDataDescriptor.LENGTH);
        for (long size : new long[] {-1, MkIpiDataDescriptor.MAX_DATA_SIZE + 1, Long.MIN_VALUE}) {
            bytes.putLong(MkIpiDataDescriptor.DATA_SIZE_OFFSET, size);
            assertThrows(IllegalArgumentException.class, () -> MkIpiData.of(bytes, 1));
        }
        bytes.putLong(MkIpiDataDescriptor.DATA_SIZE_OFFSET, MkIpiDataDescriptor.MAX_DATA_SIZE);
        assertEquals(MkIpiDataDescriptor.MAX_DATA_SIZE, MkIpiData.of(bytes, 4).buffer().capacity());
        assertEquals(4, MkIpiData.of(bytes, 4).number());
        assertEquals(MkIpiDataDescriptor.MAX_DATA_SIZE, slot.get(ValueLayout.JAVA_LONG,
            MkIpiDataDescriptor.DATA_SIZE_OFFSET));
    }
}
