// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static io.mkemu.abi.MkIpiDataDescriptor.PFN_IPI_TYPE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.memory.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Pages and memory, in both modes. */
@ParameterizedClass
@MethodSource("kernelsAndMailboxes")
class PageContractTest extends MailboxContract {
    PageContractTest(KernelHost kind, Differences here) {
        super(kind, here);
    }

    @Test
    @DisplayName("mk_send_pfn / mk_receive_pfn: type 0x80000001, 8 bytes; no data, wrong type or wrong size is -EINVAL")
    void pfnCalls() throws Exception {
        List<Long> got = Collections.synchronizedList(new ArrayList<>());
        for (int type : new int[] {PFN_IPI_TYPE, TYPE}) {
            receiver.api.registerHandler((data, context) -> got.add(receiver.api.receivePfn(data)), null, type);
        }
        long page = sender.on(() -> sender.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        assertEquals(0, sender.on(() -> sender.api.sendPfn(1, Pages.pfn(page))));
        receiver.settle(0);
        byte[] eight = new byte[8];
        assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, eight, TYPE)));
        receiver.settle(0);
        for (int size : new int[] {7, 9}) {
            assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, new byte[size], PFN_IPI_TYPE)));
            receiver.settle(0);
        }
        assertEquals(-Errno.EINVAL, receiver.api.receivePfn(null));
        long bad = -Errno.EINVAL;
        assertEquals(List.of(Pages.pfn(page), bad, bad, bad), got);
        assertEquals(-Errno.EINVAL, sender.on(() -> sender.api.sendPfn(77, Pages.pfn(page))));
    }

    @Test
    @DisplayName("mk_send_pfn: a page that is not one's own: queued -EINVAL; single-slot 0, whose it is nobody asks")
    void sendForeignPfn() throws Exception {
        List<Long> got = Collections.synchronizedList(new ArrayList<>());
        receiver.api.registerHandler((data, context) -> got.add(receiver.api.receivePfn(data)), null, PFN_IPI_TYPE);
        long page = sender.on(() -> sender.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        long hosts = host.on(() -> host.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        long[] foreign = {Pages.pfn(page) + 1, Pages.pfn(hosts), 0, Long.MIN_VALUE};
        int result = here.mode == IpiMode.QUEUED ? -Errno.EINVAL : 0;
        for (long pfn : foreign) {
            assertEquals(result, sender.on(() -> sender.api.sendPfn(1, pfn)), "PFN 0x" + Long.toHexString(pfn));
            receiver.settle(0);
        }
        assertEquals(result == 0 ? LongStream.of(foreign).boxed().toList() : List.of(), got);
    }

    @Test
    @DisplayName("mk_receive_map_page / unmap: a window of 4096 bytes on the very page")
    void mapPage() throws Exception {
        List<Window> windows = Collections.synchronizedList(new ArrayList<>());
        receiver.api.registerHandler((data, context) -> windows.add(receiver.api.receiveMapPage(data)), null,
            PFN_IPI_TYPE);
        long page = sender.on(() -> sender.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        try (Window mine = sender.on(() -> sender.api.memremap(page, Pages.PAGE_SIZE))) {
            mine.buffer().putLong(8, 0x1122_3344_5566_7788L);
            assertEquals(0, sender.on(() -> sender.api.sendPfn(1, Pages.pfn(page))));
            receiver.settle(0);
            Window theirs = windows.get(0);
            assertEquals(Pages.PAGE_SIZE, theirs.buffer().capacity());
            assertEquals(0x1122_3344_5566_7788L, theirs.buffer().getLong(8));
            theirs.buffer().putLong(16, 42);
            assertEquals(42, mine.buffer().getLong(16));
            receiver.api.receiveUnmapPage(theirs);
            receiver.api.receiveUnmapPage(null);
            assertEquals(0, theirs.buffer().capacity());
        }
        assertNull(receiver.api.receiveMapPage(null));
    }

    @Test
    @DisplayName("mk_receive_map_page: a PFN outside RAM is refused and logged, in both modes")
    void mapOutsideRam() throws Exception {
        List<Object> windows = Collections.synchronizedList(new ArrayList<>());
        receiver.api.registerHandler((data, context) -> windows.add(receiver.api.receiveMapPage(data) == null), null,
            PFN_IPI_TYPE);
        long[] outside = {0, 1, -1, Pages.pfn(TestKernels.LAYOUT.ramSize()), Long.MAX_VALUE, Long.MIN_VALUE};
        for (long pfn : outside) {
            UnsafeBuffer data = new UnsafeBuffer(new byte[8]);
            data.putLong(0, pfn);
            assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, data, 0, 8, PFN_IPI_TYPE)));
            receiver.settle(0);
        }
        assertEquals(Collections.nCopies(outside.length, true), windows);
        List<String> log = machine.log(1);
        for (long pfn : outside) {
            assertTrue(log.stream().anyMatch(line -> line.contains("PFN 0x" + Long.toHexString(pfn) + " from CPU 1")),
                "0x" + Long.toHexString(pfn) + " is not in " + log);
        }
    }

    @Test
    @DisplayName("mk_receive_map_page: a page its owner never shared is refused and logged; single-slot maps it")
    void mapUnshared() throws Exception {
        AtomicReference<Object> mapped = new AtomicReference<>();
        receiver.api.registerHandler((data, context) -> mapped.set(receiver.api.receiveMapPage(data) != null), null,
            PFN_IPI_TYPE);
        long hosts = host.on(() -> host.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        long senders = sender.on(() -> sender.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        for (long page : new long[] {hosts, senders}) {
            mapped.set(null);
            UnsafeBuffer data = new UnsafeBuffer(new byte[8]);
            data.putLong(0, Pages.pfn(page));
            assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, data, 0, 8, PFN_IPI_TYPE)));
            receiver.settle(0);
            assertEquals(here.mapsUnsharedPages, mapped.get());
            assertEquals(!here.mapsUnsharedPages, machine.log(1).stream()
                .anyMatch(line -> line.contains("PFN 0x" + Long.toHexString(Pages.pfn(page)) + " ")));
        }
    }

    @Test
    @DisplayName("multikernel_instance_alloc / free: page-aligned, 0 when full; what is not allocated is refused")
    void instanceAlloc() throws Exception {
        long small = sender.on(() -> sender.api.instanceAlloc(1, 1));
        assertTrue(small > 0 && small % Pages.PAGE_SIZE == 0);
        long wide = sender.on(() -> sender.api.instanceAlloc(Pages.PAGE_SIZE, 1 << 16));
        assertTrue(wide > 0 && wide % (1 << 16) == 0);
        assertEquals(0, sender.on(() -> sender.api.instanceAlloc(1L << 40, Pages.PAGE_SIZE)));
        assertEquals(0, sender.on(() -> sender.api.instanceAlloc(0, Pages.PAGE_SIZE)));
        assertEquals(0, sender.on(() -> sender.api.instanceAlloc(Pages.PAGE_SIZE, 3)));
        assertEquals(0, sender.on(() -> sender.api.instanceFree(small, 1)));
        assertEquals(-Errno.ENOENT, sender.on(() -> sender.api.instanceFree(small, 1)));
        /* In C the call returns nothing: it is told that it was refused, not why. */
        assertEquals(kind == KernelHost.JAVA ? -Errno.EINVAL : -Errno.ENOENT,
            sender.on(() -> sender.api.instanceFree(4096, 1)));
    }
}
