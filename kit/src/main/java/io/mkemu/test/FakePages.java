// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.memory.Window;
import io.mkemu.module.PageRange;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** The memory of a fake kernel: what it has allocated, and which of its pages it shares. */
final class FakePages {
    private final FakeMachine machine;
    private final FakeKernel kernel;
    /* By its physical address: bytes. */
    private final TreeMap<Long, Long> allocated = new TreeMap<>();
    private final Set<Long> granted = new HashSet<>();

    FakePages(FakeMachine machine, FakeKernel kernel) {
        this.machine = machine;
        this.kernel = kernel;
    }

    Set<Long> allocated() {
        return Set.copyOf(allocated.keySet());
    }

    int shares() {
        return granted.size();
    }

    long allocate(long size, long align) {
        long used = allocated.values().stream().mapToLong(Long::longValue).sum();
        if (size <= 0 || Pages.align(size) > Pages.address(machine.poolPages()) - used) {
            return 0;
        }
        long address = machine.allocate(size, align);
        allocated.put(address, Pages.align(size));
        return address;
    }

    long allocatePages(long pages) {
        if (pages <= 0 || pages > machine.poolPages()) {
            return -Errno.EINVAL;
        }
        long address = allocate(Pages.address(pages), Pages.PAGE_SIZE);
        return address == 0 ? -Errno.ENOMEM : Pages.pfn(address);
    }

    int free(long address, long size) {
        if (!Long.valueOf(Pages.align(size)).equals(allocated.get(address))) {
            return allocated.containsKey(address) ? -Errno.EINVAL : -Errno.ENOENT;
        }
        boolean busy = false;
        for (long at = address; at < address + size; at += Pages.PAGE_SIZE) {
            long pfn = Pages.pfn(at);
            granted.removeIf(grant -> grant >>> Byte.SIZE == pfn);
            busy |= machine.mapped().getOrDefault(at, 0) > 0;
        }
        if (busy) {
            machine.countBusy();
            return -Errno.EBUSY;
        }
        allocated.remove(address);
        return 0;
    }

    Window own(long address, long size) {
        if (!isMine(address, size)) {
            throw new MachineException(ExitCode.MODULE, "memremap 0x" + Long.toHexString(address) + "+" + size
                + " is not within what instanceAlloc or allocPages returned");
        }
        return Window.onto(address, bytes(address, size), () -> { });
    }

    /** Copies bytes of this kernel's own; false if they are not. */
    boolean read(long address, MutableDirectBuffer to, int index, int length) {
        if (!isMine(address, length)) {
            return false;
        }
        to.putBytes(index, bytes(address, length).toArray(ValueLayout.JAVA_BYTE));
        return true;
    }

    private MemorySegment bytes(long address, long size) {
        long start = allocated.floorKey(address);
        return machine.pages().get(start).asSlice(address - start, size);
    }

    /** Whether it lies within one allocation of this kernel. */
    private boolean isMine(long address, long size) {
        Map.Entry<Long, Long> at = allocated.floorEntry(address);
        return at != null && size > 0 && size <= at.getValue() - (address - at.getKey());
    }

    private boolean areMine(PageRange range) {
        return range.pages() > 0 && range.pages() <= machine.poolPages() && isMine(range.address(), range.size());
    }

    int send(int instanceId, long pfn) {
        byte[] data = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(pfn).array();
        return send(instanceId, new PageRange(pfn, 1, 0), data, MkIpiDataDescriptor.PFN_IPI_TYPE);
    }

    int send(int instanceId, PageRange range) {
        UnsafeBuffer data = new UnsafeBuffer(new byte[MkIpiDataDescriptor.PAGES_SIZE]);
        range.encode(data);
        return send(instanceId, range, data.byteArray(), MkIpiDataDescriptor.PAGES_IPI_TYPE);
    }

    private int send(int instanceId, PageRange range, byte[] data, int type) {
        if (!areMine(range)) {
            return -Errno.EINVAL;
        }
        int result = kernel.sendIpiData(instanceId, data, type);
        if (result == 0) {
            grants(range, instanceId).forEach(granted::add);
        }
        return result;
    }

    private static LongStream grants(PageRange range, int instanceId) {
        return LongStream.range(range.pfn(), range.pfn() + range.pages()).map(pfn -> pfn << Byte.SIZE | instanceId);
    }

    int revoke(int instanceId, long pfn) {
        return granted.remove(pfn << Byte.SIZE | instanceId) ? 0 : -Errno.EINVAL;
    }

    int revoke(int instanceId, PageRange range) {
        if (!areMine(range)) {
            return -Errno.EINVAL;
        }
        grants(range, instanceId).forEach(granted::remove);
        return 0;
    }

    static long received(MkIpiData data) {
        return data != null && data.type() == MkIpiDataDescriptor.PFN_IPI_TYPE && data.dataSize() == Long.BYTES
            ? data.buffer().getLong(0, ByteOrder.LITTLE_ENDIAN) : -Errno.EINVAL;
    }

    /** What this kernel's pages are to a kernel that all of them may be shared with; null if they are not. */
    Window map(PageRange range, int instanceId) {
        if (!areMine(range) || !grants(range, instanceId).allMatch(granted::contains)) {
            return null;
        }
        count(range, 1);
        return Window.onto(range.address(), bytes(range.address(), range.size()), () -> count(range, -1));
    }

    private void count(PageRange range, int windows) {
        for (long pfn = range.pfn(); pfn < range.pfn() + range.pages(); pfn++) {
            machine.mapped().merge(Pages.address(pfn), windows, Integer::sum);
        }
    }
}
