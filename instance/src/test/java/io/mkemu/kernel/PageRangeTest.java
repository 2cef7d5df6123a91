// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.ipi.PfnMessage;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.memory.HookedPageTable;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.Window;
import io.mkemu.module.PageRange;
import io.mkemu.testkit.Await;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pages one behind the other, shared by one message. Instance 1 on CPU 1 owns them, instance 2 on CPU 2 maps. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class PageRangeTest {
    private static final int OWNER = 1;
    private static final int MAPPER = 2;
    private static final int PAGES = 256;
    private static final long TAG = 0xfedc_ba98_7654_3210L;

    private final PfnMessage message = new PfnMessage();
    private final List<PageRange> came = Collections.synchronizedList(new ArrayList<>());
    private TestKernels machine;
    private PageTable table;
    private Node owner;
    private Node mapper;

    private void boot(IpiMode mode) throws Exception {
        machine = new TestKernels(mode);
        table = machine.memory().pageTable();
        owner = machine.boot(OWNER, 1);
        mapper = machine.boot(MAPPER, 2);
        for (int type : new int[] {MkIpiDataDescriptor.PAGES_IPI_TYPE, MkIpiDataDescriptor.PFN_IPI_TYPE}) {
            mapper.api.registerHandler((data, context) -> came.add(mapper.api.receivePages(data)), null, type);
        }
    }

    @AfterEach
    void shutDown() throws Exception {
        machine.close();
    }

    private long alloc(long pages) throws Exception {
        return owner.on(() -> owner.api.allocPages(pages));
    }

    private int send(long pfn, long pages) throws Exception {
        return owner.on(() -> owner.api.sendPages(MAPPER, pfn, pages, TAG));
    }

    private int revoke(long pfn, long pages) throws Exception {
        return owner.on(() -> owner.api.revokePages(MAPPER, pfn, pages));
    }

    private int free(long pfn, long pages) throws Exception {
        return owner.on(() -> owner.api.freePages(pfn, pages));
    }

    private Window map(long pfn, long pages) {
        return mapper.kernel.pages().mapAll(message.of(OWNER, new PageRange(pfn, pages, TAG)));
    }

    private List<Integer> mappers(long pfn, int pages) {
        List<Integer> all = new ArrayList<>();
        for (long page = pfn; page < pfn + pages; page++) {
            all.addAll(table.mappers(page));
        }
        return all;
    }

    private int granted(long pfn, int pages) {
        int count = 0;
        for (long page = pfn; page < pfn + pages; page++) {
            count += table.isGranted(page, MAPPER) ? 1 : 0;
        }
        return count;
    }

    private static boolean contains(List<String> log, String text) {
        return log.stream().anyMatch(line -> line.contains(text));
    }

    /** The next life shares the same pages: a message of the former must not show what is in them now. */
    @Test
    void aMessageOfALifeThatHasEndedMapsNothing() throws Exception {
        boot(IpiMode.QUEUED);
        List<String> mapped = Collections.synchronizedList(new ArrayList<>());
        mapper.api.registerHandler((data, context) -> {
            try (Window window = mapper.api.receiveMapPages(data)) {
                mapped.add(data.senderLife() + ": " + (window == null ? "nothing" : window.buffer().getLong(0)));
            }
        }, null, MkIpiDataDescriptor.PAGES_IPI_TYPE);
        long life = machine.mapped().instances().entry(OWNER).life();
        long pfn = alloc(PAGES);
        Node next;
        try (TestKernels.Hold _ = mapper.hold(0)) {
            assertEquals(0, send(pfn, PAGES));
            owner.shutDown();
            try (InstancePool pool = machine.mapped().poolOf(machine.mapped().instances().entry(OWNER))) {
                pool.free(Pages.address(pfn), Pages.address(PAGES));
            }
            machine.reload(OWNER);
            next = machine.boot(OWNER, "quiet");
            assertEquals(pfn, next.on(() -> next.api.allocPages(PAGES)));
            try (Window mine = next.on(() -> next.api.memremap(Pages.address(pfn), Pages.PAGE_SIZE))) {
                mine.buffer().putLong(0, 7);
            }
            assertEquals(0, next.on(() -> next.api.sendPages(MAPPER, pfn, PAGES, TAG)));
        }
        Await.until(() -> mapped.size() == 2, mapped::toString);
        assertEquals(List.of(life + ": nothing", life + 1 + ": 7"), mapped);
        assertTrue(contains(machine.log(MAPPER), "the life of its owner that sent it has ended"),
            () -> machine.log(MAPPER).toString());
    }

    @ParameterizedTest
    @EnumSource(IpiMode.class)
    void aMebibyteIsOneMessageAndOneWindow(IpiMode mode) throws Exception {
        boot(mode);
        long pfn = alloc(PAGES);
        try (Window mine = owner.on(() -> owner.api.memremap(Pages.address(pfn), Pages.address(PAGES)))) {
            for (int page = 0; page < PAGES; page++) {
                mine.buffer().putLong(page * Pages.PAGE_SIZE, page + 1L);
            }
            assertEquals(0, send(pfn, PAGES));
            Await.until(() -> !came.isEmpty());
            mapper.on(() -> null);
            assertEquals(List.of(new PageRange(pfn, PAGES, TAG)), came);
            Window theirs = map(pfn, PAGES);
            assertEquals(Pages.address(pfn), theirs.physicalAddress());
            assertEquals(1 << 20, theirs.buffer().capacity());
            for (int page = 0; page < PAGES; page++) {
                assertEquals(page + 1, theirs.buffer().getLong(page * Pages.PAGE_SIZE));
                theirs.buffer().putLong(page * Pages.PAGE_SIZE + 8, -page);
                assertEquals(-page, mine.buffer().getLong(page * Pages.PAGE_SIZE + 8));
            }
            assertEquals(Collections.nCopies(PAGES, MAPPER), mappers(pfn, PAGES));
            mapper.api.receiveUnmapPage(theirs);
            assertEquals(0, theirs.buffer().capacity());
            assertEquals(List.of(), mappers(pfn, PAGES));
        }
        assertEquals(0, revoke(pfn, PAGES));
        assertEquals(0, granted(pfn, PAGES));
        assertEquals(0, free(pfn, PAGES));
    }

    @Test
    void aRangeThatIsMappedIsNotFreedAndIsMappedNoMore() throws Exception {
        boot(IpiMode.QUEUED);
        long pfn = alloc(3);
        assertEquals(0, send(pfn, 3));
        Window window = map(pfn, 3);
        Window again = map(pfn, 3);
        assertEquals(-Errno.EBUSY, free(pfn, 3));
        assertNull(map(pfn, 3), "the shares have ended");
        window.close();
        assertEquals(-Errno.EBUSY, free(pfn, 3));
        again.close();
        assertEquals(0, free(pfn, 3));
        assertEquals(-Errno.ENOENT, free(pfn, 3));
        for (long[] wrong : new long[][] {{0, 1}, {pfn, 0}, {pfn, -1}, {pfn, Long.MAX_VALUE}, {-1, 1}}) {
            assertEquals(-Errno.EINVAL, free(wrong[0], wrong[1]));
        }
    }

    @Test
    void eachPageIsChecked() throws Exception {
        boot(IpiMode.QUEUED);
        long pfn = alloc(PAGES);
        assertEquals(0, send(pfn, PAGES));
        assertEquals(0, revoke(pfn + 17, 1));
        assertNull(map(pfn, PAGES));
        assertEquals(List.of(), mappers(pfn, PAGES), "none is noted");
        assertTrue(contains(machine.log(MAPPER), "256 pages from PFN 0x" + Long.toHexString(pfn) + " from CPU 1 not "
            + "mapped: its owner has not shared it with this instance, or has taken it back (PFN 0x"
            + Long.toHexString(pfn + 17) + ", page 17 of 256): ask the owner to send it again"),
            machine.log(MAPPER)::toString);
        map(pfn, 17).close();
        map(pfn + 18, PAGES - 18).close();
        assertEquals(0, send(pfn, PAGES));
        map(pfn, PAGES).close();
        for (long pages : new long[] {0, -1, PageRange.MOST + 1L, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertNull(map(pfn, pages));
        }
        assertNull(mapper.kernel.pages().mapAll(message.of(2, new PageRange(pfn, PAGES, TAG))), "not the sender's");
        assertNull(map(pfn - 1, PAGES));
    }

    @Test
    void pagesAndRangesAreOneThing() throws Exception {
        boot(IpiMode.QUEUED);
        long pfn = alloc(4);
        for (int page = 0; page < 4; page++) {
            int at = page;
            assertEquals(0, owner.on(() -> owner.api.sendPfn(MAPPER, pfn + at)));
        }
        Window all = map(pfn, 4);
        Window one = mapper.kernel.pages().map(message.of(OWNER, pfn + 2));
        Window two = mapper.kernel.pages().mapAll(message.of(OWNER, pfn + 2));
        assertEquals(Pages.PAGE_SIZE, two.buffer().capacity());
        all.close();
        assertEquals(List.of(MAPPER), mappers(pfn, 4));
        one.close();
        assertEquals(-Errno.EBUSY, free(pfn, 4));
        two.close();
        assertEquals(0, free(pfn, 4));
        assertNull(mapper.kernel.pages().map(message.of(OWNER, new PageRange(pfn, 1, 0))), "no PFN message");
        Await.until(() -> came.size() == 4);
        assertEquals(new PageRange(pfn, 1, 0), came.getFirst());
    }

    @ParameterizedTest
    @EnumSource(IpiMode.class)
    void whatIsNoRangeIsRefused(IpiMode mode) throws Exception {
        boot(mode);
        long pfn = alloc(PAGES);
        for (long pages : new long[] {0, -1, PageRange.MOST + 1L, machine.memory().layout().ramSize(), Long.MAX_VALUE,
            Long.MIN_VALUE}) {
            assertEquals(-Errno.EINVAL, send(pfn, pages), "pages " + pages);
            assertEquals(-Errno.EINVAL, revoke(pfn, pages), "pages " + pages);
        }
        for (long first : new long[] {0, -1, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertEquals(-Errno.EINVAL, send(first, 2));
        }
        int foreign = mode == IpiMode.QUEUED ? -Errno.EINVAL : 0;
        assertEquals(foreign, send(pfn, PAGES + 1), "the page behind is not allocated");
        assertEquals(-Errno.EINVAL, owner.on(() -> owner.api.sendPages(77, pfn, PAGES, TAG)));
        assertEquals(-Errno.EINVAL, owner.on(() -> owner.api.revokePages(-1, pfn, PAGES)));
        assertEquals(0, granted(pfn, PAGES + 1));
        assertEquals(0, free(pfn, PAGES));
    }

    @Test
    void aSendThatFailsSharesNothingNew() throws Exception {
        boot(IpiMode.QUEUED);
        long pfn = alloc(8);
        assertEquals(0, send(pfn + 2, 3));
        try (TestKernels.Hold still = mapper.hold(0)) {
            assertNotNull(still);
            int result = 0;
            while (result == 0) {
                result = owner.on(() -> owner.api.sendIpiData(MAPPER, new byte[1], 7));
            }
            assertEquals(-Errno.ENOSPC, send(pfn, 8));
            assertEquals(3, granted(pfn, 8));
            assertEquals(3, granted(pfn + 2, 3));
        }
        machine.mapped().instances().entry(MAPPER).enter(InstanceState.FAILED);
        assertEquals(-Errno.ESHUTDOWN, send(pfn, 8));
        assertEquals(0, granted(pfn, 8), "a receiver that is gone keeps no share");
    }

    @ParameterizedTest
    @EnumSource(names = {"BEFORE", "AFTER"}, value = Moment.class)
    void aRangeThatIsFreedWhileItIsMapped(Moment moment) throws Exception {
        boot(IpiMode.QUEUED);
        long pfn = alloc(4);
        assertEquals(0, send(pfn, 4));
        AtomicInteger notes = new AtomicInteger();
        AtomicInteger freed = new AtomicInteger(1);
        Runnable free = () -> {
            /* In the midst: two of four pages are noted. */
            if (notes.incrementAndGet() == 2) {
                freed.set(owner.kernel.pool().free(Pages.address(pfn), Pages.address(4)));
            }
        };
        PageSharing pages = new PageSharing(mapper.kernel, HookedPageTable.of(machine.memory(),
            moment == Moment.BEFORE ? free : () -> { }, moment == Moment.BEFORE ? () -> { } : free));
        assertNull(pages.mapAll(message.of(OWNER, new PageRange(pfn, 4, TAG))));
        assertEquals(-Errno.EBUSY, freed.get(), "one page was noted");
        assertEquals(List.of(), mappers(pfn, 4), "the notes are taken back");
        assertTrue(contains(machine.log(MAPPER), "4 pages from PFN 0x" + Long.toHexString(pfn)
            + " from CPU 1 not mapped: its owner has just taken it back"));
        assertEquals(0, free(pfn, 4));
    }

    enum Moment { BEFORE, AFTER }

    @Test
    void aPoolThatIsFullOrFragmentedSaysSo() throws Exception {
        boot(IpiMode.QUEUED);
        long all = Pages.pfn(owner.kernel.pool().size());
        long left = Pages.pfn(owner.kernel.pool().available());
        for (long pages : new long[] {0, -1, all + 1, PageRange.MOST + 1L, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertEquals(-Errno.EINVAL, alloc(pages), "pages " + pages);
        }
        long first = alloc(10);
        long second = alloc(left - 20);
        assertEquals(-Errno.ENOMEM, alloc(11));
        assertTrue(contains(machine.log(OWNER), "probe: allocPages: no 11 pages in a row: 10 of " + all
            + " are free: free some, or give the instance more memory"), machine.log(OWNER)::toString);
        assertEquals(0, free(first, 10));
        assertEquals(-Errno.ENOMEM, alloc(11));
        assertTrue(contains(machine.log(OWNER), "probe: allocPages: no 11 pages in a row: 20 are free, but at most 10 "
            + "in a row (fragmented): free what lies between them, or allocate long ranges first"),
            machine.log(OWNER)::toString);
        assertEquals(0, free(second, left - 20));
        assertEquals(first, alloc(left), "the whole of it");
        assertEquals(0, send(first, left));
        map(first, left).close();
        assertEquals(0, free(first, left));
    }
}
