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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A kernel is killed while it maps a page, has one mapped, or owns one that another has mapped. */
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

    private void start(int id, String role) throws IOException {
        machine.load(id, id);
        victim = ChildJvm.start(PageKillProcess.class, machine.ram(), id, role);
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
    @ValueSource(strings = {"noted", "mapped"})
    void aMapperThatDiesHoldsThePageUntilTheHostHasSeenIt(String role) throws Exception {
        Node owner = machine.boot(OWNER, OWNER);
        start(MAPPER, role);
        expect("ready");
        Await.until(() -> owner.api.isActive(MAPPER));
        long page = owner.on(() -> owner.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        try (Window window = owner.on(() -> owner.api.memremap(page, Pages.PAGE_SIZE))) {
            window.buffer().putLong(0, MARK);
        }
        assertEquals(0, owner.on(() -> owner.api.sendPfn(MAPPER, Pages.pfn(page))));
        expect(role.equals("noted") ? "noted" : "mapped " + MARK);
        assertEquals(List.of(MAPPER), table.mappers(Pages.pfn(page)));
        assertEquals(-Errno.EBUSY, owner.on(() -> owner.api.instanceFree(page, Pages.PAGE_SIZE)));
        kill(MAPPER);
        assertEquals(List.of(), table.mappers(Pages.pfn(page)));
        assertEquals(0, owner.on(() -> owner.api.instanceFree(page, Pages.PAGE_SIZE)));
    }

    @Test
    void whatOthersHaveMappedOutlivesItsOwnerAndIsNotHandedOutByItsNextLife() throws Exception {
        Node mapper = machine.boot(MAPPER, MAPPER);
        CompletableFuture<Window> mapped = new CompletableFuture<>();
        mapper.api.registerHandler((data, context) -> mapped.complete(mapper.api.receiveMapPage(data)), null,
            MkIpiDataDescriptor.PFN_IPI_TYPE);
        start(OWNER, "owns");
        expect("shared 0");
        Window stale = mapped.get(Await.WATCHDOG_SECONDS, TimeUnit.SECONDS);
        long page = stale.physicalAddress();
        InstanceEntry owner = machine.mapped().instances().entry(OWNER);
        assertEquals(List.of(new Region(page, Pages.PAGE_SIZE)), kill(OWNER));
        assertFalse(table.isGranted(Pages.pfn(page), MAPPER));
        assertEquals(List.of(new PageTable.MappedPage(page, List.of(MAPPER))), table.stillMapped(owner.regions()));
        assertThrows(MachineException.class, () -> InstancePool.format(machine.memory(), owner.regions()));
        try (InstancePool nextLife = machine.mapped().poolOf(owner)) {
            Set<Long> pages = new TreeSet<>();
            for (long one = alloc(nextLife); one != 0; one = alloc(nextLife)) {
                assertTrue(pages.add(one));
            }
            assertFalse(pages.isEmpty() || pages.contains(page));
            assertEquals(MARK, stale.buffer().getLong(0));
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
