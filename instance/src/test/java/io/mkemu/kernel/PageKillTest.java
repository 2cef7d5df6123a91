// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static io.mkemu.kernel.PageKillProcess.MAPPER;
import static io.mkemu.kernel.PageKillProcess.MARK;
import static io.mkemu.kernel.PageKillProcess.OWNER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.Region;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.Await;
import io.mkemu.testkit.ChildJvm;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A kernel is killed while it maps pages, has some mapped, or owns some that another has mapped: one, and 1 MiB. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class PageKillTest {
    @RegisterExtension
    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);
    private PageTable table;
    private ChildJvm victim;

    @BeforeEach
    void makeMachine() throws IOException {
        table = machine.memory().pageTable();
    }

    @AfterEach
    void end() throws Exception {
        if (victim != null) {
            victim.close();
        }
    }

    private void start(int id, String role, int pages) throws IOException {
        machine.load(id, id);
        victim = ChildJvm.start(PageKillProcess.class, machine.ram(), id, role, pages);
    }

    private void expect(String line) throws IOException {
        assertEquals(line, victim.readLine());
    }

    /** Kills the process, then does what the host does; returns what stays allocated because it is mapped. */
    private List<Region> kill(int id) throws InterruptedException {
        assertEquals(ChildJvm.KILLED, victim.kill());
        machine.mapped().instances().entry(id).enter(InstanceState.FAILED);
        return recover(id);
    }

    private List<Region> recover(int id) {
        InstanceEntry entry = machine.mapped().instances().entry(id);
        table.clearGrantsTo(id);
        table.clearMappingsOf(id);
        try (InstancePool pool = machine.mapped().poolOf(entry)) {
            return pool.recover(address -> address == entry.ipiArea());
        }
    }

    @ParameterizedTest
    @CsvSource({"noted,1", "noted,256", "mapped,256"})
    void aMapperThatDiesHoldsThePagesUntilTheHostHasSeenIt(String role, int pages) throws Exception {
        Node owner = machine.boot(OWNER, OWNER);
        start(MAPPER, role, pages);
        expect("ready");
        Await.until(() -> owner.api.isActive(MAPPER));
        long pfn = owner.on(() -> owner.api.allocPages(pages));
        try (Window window = owner.on(() -> owner.api.memremap(Pages.address(pfn), Pages.address(pages)))) {
            PageKillProcess.mark(window);
        }
        assertEquals(0, owner.on(() -> owner.api.sendPages(MAPPER, pfn, pages, MARK)));
        expect(role.equals("noted") ? "noted" : "mapped " + MARK + " tag " + MARK);
        int noted = role.equals("noted") ? Math.max(1, pages / 2) : pages;
        for (int page = 0; page < pages; page++) {
            assertEquals(page < noted ? List.of(MAPPER) : List.of(), table.mappers(pfn + page), "page " + page);
        }
        assertEquals(-Errno.EBUSY, owner.on(() -> owner.api.freePages(pfn, pages)));
        kill(MAPPER);
        assertEquals(List.of(), table.stillMapped(machine.mapped().instances().entry(OWNER).regions()));
        assertEquals(0, owner.on(() -> owner.api.freePages(pfn, pages)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 256})
    void whatOthersHaveMappedOutlivesItsOwnerAndIsNotHandedOutByItsNextLife(int count) throws Exception {
        Node mapper = machine.boot(MAPPER, MAPPER);
        CompletableFuture<Window> mapped = new CompletableFuture<>();
        mapper.api.registerHandler((data, context) -> mapped.complete(mapper.api.receiveMapPages(data)), null,
            MkIpiDataDescriptor.PAGES_IPI_TYPE);
        start(OWNER, "owns", count);
        expect("shared 0");
        Window stale = mapped.get(Await.WATCHDOG_SECONDS, TimeUnit.SECONDS);
        long page = stale.physicalAddress();
        InstanceEntry owner = machine.mapped().instances().entry(OWNER);
        long size = Pages.address(count);
        assertEquals(List.of(new Region(page, size)), kill(OWNER));
        assertEquals(0, table.firstNotGranted(Pages.pfn(page), count, MAPPER));
        assertEquals(LongStream.range(0, count).mapToObj(one -> new PageTable.MappedPage(page + Pages.address(one),
            List.of(MAPPER))).toList(), table.stillMapped(owner.regions()));
        assertThrows(MachineException.class, () -> InstancePool.format(machine.memory(), owner.regions()));
        try (InstancePool nextLife = machine.mapped().poolOf(owner)) {
            Set<Long> pages = new TreeSet<>();
            for (long one = alloc(nextLife); one != 0; one = alloc(nextLife)) {
                assertTrue(pages.add(one));
            }
            assertFalse(pages.isEmpty());
            for (int at = 0; at < size; at += Pages.PAGE_SIZE) {
                assertFalse(pages.contains(page + at));
                assertEquals(MARK, stale.buffer().getLong(at + Pages.PAGE_SIZE - Long.BYTES));
            }
            for (long one : pages) {
                assertEquals(0, nextLife.free(one, Pages.PAGE_SIZE));
            }
            stale.close();
            assertEquals(List.of(), recover(OWNER), "unmapped, it is free at last");
            assertFalse(nextLife.isAllocated(page, Pages.PAGE_SIZE));
            assertNotEquals(0, alloc(nextLife));
        }
    }

    private static long alloc(InstancePool pool) {
        return pool.alloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
    }
}
