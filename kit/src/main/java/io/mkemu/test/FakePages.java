// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.Errno;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.memory.Window;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Set;

/** The memory of a fake kernel: what it has allocated, and which of its pages it shares. */
final class FakePages {
    private final FakeMachine machine;
    private final FakeKernel kernel;
    private final Set<Long> allocated = new HashSet<>();
    private final Set<Long> granted = new HashSet<>();

    FakePages(FakeMachine machine, FakeKernel kernel) {
        this.machine = machine;
        this.kernel = kernel;
    }

    Set<Long> allocated() {
        return Set.copyOf(allocated);
    }

    int shares() {
        return granted.size();
    }

    long allocate(long size, long align) {
        long address = machine.allocate(size, align);
        allocated.add(address);
        return address;
    }

    int free(long address, long size) {
        for (long pfn = Pages.pfn(address); pfn < Pages.pfn(address + size + Pages.PAGE_SIZE - 1); pfn++) {
            long page = pfn;
            granted.removeIf(grant -> grant >>> Byte.SIZE == page);
        }
        if (machine.mapped().getOrDefault(address, 0) > 0) {
            machine.countBusy();
            return -Errno.EBUSY;
        }
        return allocated.remove(address) ? 0 : -Errno.ENOENT;
    }

    Window own(long address) {
        return Window.onto(address, machine.pages().get(address), () -> { });
    }

    int send(int instanceId, long pfn) {
        if (!allocated.contains(Pages.address(pfn))) {
            return -Errno.EINVAL;
        }
        byte[] data = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(pfn).array();
        int result = kernel.sendIpiData(instanceId, data, MkIpiDataDescriptor.PFN_IPI_TYPE);
        if (result == 0) {
            granted.add(pfn << Byte.SIZE | instanceId);
        }
        return result;
    }

    int revoke(int instanceId, long pfn) {
        return granted.remove(pfn << Byte.SIZE | instanceId) ? 0 : -Errno.EINVAL;
    }

    static long received(MkIpiData data) {
        return data != null && data.type() == MkIpiDataDescriptor.PFN_IPI_TYPE && data.dataSize() == Long.BYTES
            ? data.buffer().getLong(0, ByteOrder.LITTLE_ENDIAN) : -Errno.EINVAL;
    }

    /** What one of this kernel's pages is to a kernel that it may be shared with; null if it is not. */
    Window map(long pfn, int instanceId) {
        if (!granted.contains(pfn << Byte.SIZE | instanceId)) {
            return null;
        }
        long address = Pages.address(pfn);
        machine.mapped().merge(address, 1, Integer::sum);
        return Window.onto(address, machine.pages().get(address),
            () -> machine.mapped().merge(address, -1, Integer::sum));
    }
}
