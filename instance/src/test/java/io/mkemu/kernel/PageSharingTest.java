// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.ipi.PfnMessage;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.memory.HookedPageTable;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.Window;
import io.mkemu.testkit.Await;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** What is noted of pages that a kernel has mapped. Instance 1 on CPU 1 owns pages, instance 2 on CPUs 2, 3 maps. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class PageSharingTest {
    private static final int OWNER = 1;
    private static final int OWNER_CPU = 1;
    private static final int MAPPER = 2;
    private static final int ROUNDS = 3000;

    private final PfnMessage message = new PfnMessage();
    private TestKernels machine;
    private PageTable table;
    private Node owner;
    private Node mapper;

    private void boot(IpiMode mode) throws Exception {
        machine = new TestKernels(mode);
        table = machine.memory().pageTable();
        owner = machine.boot(OWNER, OWNER_CPU);
        mapper = machine.boot(MAPPER, 2, 3);
    }

    @AfterEach
    void shutDown() throws Exception {
        machine.close();
    }

    /** A page of the owner, shared with the mapper. */
    private long shared() throws Exception {
        long page = owner.on(() -> owner.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        assertEquals(0, owner.on(() -> owner.api.sendPfn(MAPPER, Pages.pfn(page))));
        return page;
    }

    private Window map(long page) {
        return mapper.kernel.pages().map(message.of(OWNER_CPU, Pages.pfn(page)));
    }

    private int free(long page) throws Exception {
        return owner.on(() -> owner.api.instanceFree(page, Pages.PAGE_SIZE));
    }

    @Test
    @DisplayName("multikernel_instance_free, queued: a page that a kernel has mapped is -EBUSY, and its shares end")
    void aMappedPageIsNotFreed() throws Exception {
        boot(IpiMode.QUEUED);
        long page = shared();
        Window window = map(page);
        window.buffer().putLong(0, 42);
        assertEquals(-Errno.EBUSY, free(page));
        assertNull(map(page), "the share has ended, nobody maps it again");
        assertEquals(42, window.buffer().getLong(0));
        assertEquals(-Errno.EBUSY, free(page));
        mapper.api.receiveUnmapPage(window);
        assertEquals(0, free(page));
        assertEquals(page, owner.on(() -> owner.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE)));
    }

    @Test
    @DisplayName("multikernel_instance_free, single-slot: frees, whoever has the page mapped")
    void asTheRfcAMappedPageIsFreed() throws Exception {
        boot(IpiMode.SINGLE_SLOT);
        long page = shared();
        try (Window window = map(page)) {
            assertNotNull(window);
            assertEquals(List.of(MAPPER), table.mappers(Pages.pfn(page)), "it is noted all the same");
            assertEquals(0, free(page));
            assertEquals(page, owner.on(() -> owner.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE)));
        }
        assertEquals(List.of(), table.mappers(Pages.pfn(page)));
    }

    @Test
    void theLastWindowOnAPageCountsHoweverItIsClosed() throws Exception {
        boot(IpiMode.QUEUED);
        long page = shared();
        long other = shared();
        Window first = map(page);
        Window second = map(page);
        Window third = map(page);
        Window elsewhere = map(other);
        first.close();
        first.close();
        mapper.api.receiveUnmapPage(first);
        assertTrue(table.isMapped(Pages.pfn(page), MAPPER));
        mapper.api.receiveUnmapPage(third);
        assertEquals(-Errno.EBUSY, free(page));
        second.close();
        assertFalse(table.isMapped(Pages.pfn(page), MAPPER));
        assertTrue(table.isMapped(Pages.pfn(other), MAPPER));
        elsewhere.close();
        assertEquals(0, free(page) + free(other));
        assertEquals(List.of(), table.stillMapped(machine.mapped().instances().entry(OWNER).regions()));
    }

    @Test
    void aPageThatCannotBeMappedIsNotNoted() throws Exception {
        boot(IpiMode.QUEUED);
        AtomicInteger notes = new AtomicInteger();
        PageSharing pages =
            new PageSharing(mapper.kernel, HookedPageTable.of(machine.memory(), () -> { }, notes::incrementAndGet));
        long page = owner.on(() -> owner.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        for (long pfn : new long[] {Pages.pfn(page), 0, -1, Long.MAX_VALUE}) {
            assertNull(pages.map(message.of(OWNER_CPU, pfn)));
        }
        assertNull(pages.map(message.of(2, Pages.pfn(page))), "not the sender's");
        assertNull(pages.map(message.of(-1, Pages.pfn(page))));
        assertEquals(0, notes.get());
    }

    /** Maps while the owner frees, once, before or after the mapping is noted; returns what the free gave. */
    private int mapWhileFreed(long page, boolean before) {
        AtomicInteger freed = new AtomicInteger(1);
        Runnable free = () -> {
            if (freed.get() == 1) {
                freed.set(owner.kernel.pool().free(page, Pages.PAGE_SIZE));
            }
        };
        PageSharing pages = new PageSharing(mapper.kernel,
            HookedPageTable.of(machine.memory(), before ? free : () -> { }, before ? () -> { } : free));
        assertNull(pages.map(message.of(OWNER_CPU, Pages.pfn(page))));
        assertEquals(List.of(), table.mappers(Pages.pfn(page)), "the note is taken back");
        assertTrue(machine.log(MAPPER).stream().anyMatch(line -> line.contains("PFN 0x" + Long.toHexString(
            Pages.pfn(page)) + " from CPU " + OWNER_CPU + " not mapped: its owner has just taken it back")));
        return freed.get();
    }

    @Test
    void whatIsFreedBeforeItIsNotedIsNotMapped() throws Exception {
        boot(IpiMode.QUEUED);
        long page = shared();
        assertEquals(0, mapWhileFreed(page, true));
        assertFalse(owner.kernel.pool().isAllocated(page, Pages.PAGE_SIZE));
    }

    @Test
    void whatIsNotedIsNotFreedAndNotMappedEither() throws Exception {
        boot(IpiMode.QUEUED);
        long page = shared();
        assertEquals(-Errno.EBUSY, mapWhileFreed(page, false));
        assertEquals(0, free(page));
    }

    @Test
    void twoCpusMapOnePageAtOnce() throws Exception {
        boot(IpiMode.QUEUED);
        long page = shared();
        AtomicInteger lost = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(2);
        for (int cpu = 0; cpu < 2; cpu++) {
            mapper.api.runOnCpu(cpu, () -> {
                PfnMessage mine = new PfnMessage();
                for (int round = 0; round < ROUNDS; round++) {
                    try (Window window = mapper.kernel.pages().map(mine.of(OWNER_CPU, Pages.pfn(page)))) {
                        lost.addAndGet(window != null && table.isMapped(Pages.pfn(page), MAPPER) ? 0 : 1);
                    }
                }
                done.countDown();
            });
        }
        Await.latch(done);
        assertEquals(0, lost.get(), "windows that were not noted");
        assertFalse(table.isMapped(Pages.pfn(page), MAPPER));
        assertEquals(0, free(page));
    }

    @Test
    void aReceiverThatIsGoneKeepsNoShare() throws Exception {
        boot(IpiMode.QUEUED);
        long page = shared();
        machine.mapped().instances().entry(MAPPER).enter(InstanceState.FAILED);
        assertEquals(-Errno.ESHUTDOWN, owner.on(() -> owner.api.sendPfn(MAPPER, Pages.pfn(page))));
        assertFalse(table.isGranted(Pages.pfn(page), MAPPER), "shared with its former life");
    }
}
