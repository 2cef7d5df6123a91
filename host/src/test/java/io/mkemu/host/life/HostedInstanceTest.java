// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static io.mkemu.host.TestHost.PAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.Pages;
import io.mkemu.cpu.LocalApic;
import io.mkemu.host.Snapshot;
import io.mkemu.host.TestHost;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a kernel that has ended leaves behind, and what its instance's next life finds of it: nothing. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class HostedInstanceTest {
    @RegisterExtension
    private final TestHost box = TestHost.make();
    private final HostedInstance web = box.instance("web");
    private final InstanceEntry entry = box.entry(1);
    private final PageTable shares = box.memory().pageTable();

    @AfterEach
    void close() throws Exception {
        if (web.life() != null) {
            web.end(true, "");
        }
    }

    private void begin() {
        FakeLife.begin(box, "web");
    }

    @Test
    void aLifeBeginsInItsEntry() {
        begin();
        assertEquals(1, entry.life());
        assertEquals(InstanceState.LOADED, entry.state());
        assertEquals(InstanceState.LOADED, web.state());
        assertNotNull(web.life());
        assertEquals("idle=halt echo.type=7 mk_ipi_shared=0x" + Long.toHexString(entry.ipiArea()) + " mk_epoch=0x"
            + Long.toHexString(box.memory().epoch()) + " mk_life=1", entry.cmdline());
        assertEquals(0, entry.bootStep(BootStep.EXEC));
        web.life().look();
        assertEquals(InstanceState.LOADED, web.state());
        entry.enter(InstanceState.ACTIVE);
        web.life().look();
        assertEquals(InstanceState.ACTIVE, web.state());
        web.life().halt();
        assertEquals(InstanceState.LOADED, web.state(), "who is being halted is sent nothing");
        assertEquals(InstanceState.LOADED, entry.state());
        assertEquals(InstanceDescriptor.REQUEST_HALT, entry.requested());
        assertTrue(box.apic(1).hasPending() && box.apic(2).hasPending(), "its CPUs are rung");
    }

    @Test
    void anEndThatNobodyWantedIsAFailureWithItsReason() {
        begin();
        entry.requested(InstanceDescriptor.REQUEST_RUN);
        web.end(false, "killed by signal 9 (SIGKILL)");
        assertNull(web.life());
        assertEquals(List.of(InstanceState.FAILED, InstanceState.FAILED), List.of(web.state(), entry.state()));
        assertEquals("killed by signal 9 (SIGKILL)", web.reason());
        assertEquals("killed by signal 9 (SIGKILL)", entry.reason());
        assertEquals(InstanceDescriptor.REQUEST_NONE, entry.requested(), "nobody may take its life now");
        begin();
        assertEquals("", web.reason());
        entry.reason("module x: init threw");
        web.end(false, "ended with exit code 6");
        assertEquals("module x: init threw", web.reason(), "its own last words count more");
        begin();
        entry.reason("something");
        web.end(true, "");
        assertEquals(List.of(InstanceState.LOADED, "", ""), List.of(web.state(), web.reason(), entry.reason()));
    }

    @Test
    void aLifeThatCouldNotBeBegunIsAFailure() {
        begin();
        web.abandon("cannot start the process");
        assertNull(web.life());
        assertEquals(InstanceState.FAILED, web.state());
        assertEquals("cannot start the process", box.status("web").reason());
        assertEquals(InstanceDescriptor.REQUEST_NONE, entry.requested());
    }

    @Test
    void itsSharesEndBothWaysAndThoseOfOthersStay() {
        begin();
        long page = Pages.pfn(entry.regions().getFirst().address()) + 9;
        long theirs = Pages.pfn(box.entry(2).regions().getFirst().address()) + 9;
        shares.grant(page, 2);
        shares.grant(page, 0);
        shares.grant(theirs, 1);
        shares.grant(theirs, 5);
        web.end(false, "killed");
        assertFalse(shares.isGranted(page, 2), "the dead owner's page");
        assertFalse(shares.isGranted(page, 0), "the dead owner's page");
        assertFalse(shares.isGranted(theirs, 1), "what the dead receiver might map");
        assertTrue(shares.isGranted(theirs, 5), "what others share with others");
    }

    @Test
    void itsCpusAreRetired() {
        begin();
        for (int cpu : new int[] {1, 2, 3}) {
            box.apic(cpu).sendsTo(2, true);
            box.apic(cpu).announce(LocalApic.runningWord(1, 0, 0));
        }
        web.end(false, "killed");
        for (int cpu : new int[] {1, 2}) {
            assertFalse(box.apic(cpu).sendsTo(2));
            assertEquals(LocalApicDescriptor.STATE_OFFLINE, box.apic(cpu).idleWord());
        }
        assertTrue(box.apic(3).sendsTo(2), "a CPU of another instance");
    }

    @Test
    void whatItHeldStaysUntilTheNextLifeAndIsFreedThen() {
        begin();
        long before = available();
        long area = entry.ipiArea();
        long page;
        try (InstancePool pool = box.mapped().poolOf(entry)) {
            page = pool.alloc(3L * PAGE, PAGE);
            assertNotEquals(0, page);
        }
        write(page, 0x77);
        web.end(false, "killed");
        assertEquals(before - 3L * PAGE, available(), "to be looked at after its death");
        assertEquals(0x77, read(page));
        assertEquals(area, entry.ipiArea());
        begin();
        assertEquals(before, available());
        assertNotEquals(0, entry.ipiArea());
        assertEquals(1, ipiBuffersOf("web"));
    }

    @Test
    void nothingOfAFormerLifeIsInTheMailboxTheCpusOrTheEntry() {
        begin();
        write(entry.ipiArea() + PAGE, 0x5a);
        box.apic(2).raise(LocalApicDescriptor.MULTIKERNEL_VECTOR);
        box.apic(2).count(Counter.SENT, 17);
        entry.pid(4711);
        entry.exitCode(3);
        entry.bootStep(BootStep.ACTIVE, 99);
        entry.countTask(InstanceDescriptor.TASKS_STARTED_OFFSET);
        web.end(false, "killed");
        assertEquals(17, box.status("web").counters().get("sent"), "counters outlive the kernel");
        begin();
        assertEquals(0, read(entry.ipiArea() + PAGE));
        box.mapped().interconnect().mapArea(entry, entry.ipiArea()).close();
        assertFalse(box.apic(2).hasPending());
        assertEquals(0, box.apic(2).counter(Counter.SENT));
        assertEquals(List.of(0L, InstanceEntry.NO_EXIT_CODE, 0L, 0, ""), List.of(entry.pid(), entry.exitCode(),
            entry.bootStep(BootStep.ACTIVE), entry.tasksStarted(), entry.reason()));
        assertEquals(2, entry.life());
    }

    @Test
    void aDamagedBitmapIsMadeAnew() {
        begin();
        long before = available();
        write(entry.regions().getFirst().address(), 0x5a);
        web.end(false, "killed");
        assertEquals(1, Snapshot.iomem(box.mapped()).lines().filter(line -> line.contains("is damaged")).count());
        begin();
        assertEquals(before, available());
        assertEquals(1, ipiBuffersOf("web"));
        assertFalse(Snapshot.iomem(box.mapped()).contains("is damaged"));
    }

    /** The table is for others to read: whatever is scribbled there is not what the next life, or a delete, goes by. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void aScribbledEntryIsWrittenAnewForTheNextLife(long seed) {
        begin();
        Snapshot.Entry before = Snapshot.Entry.of(entry);
        scribble(seed);
        web.end(true, "");
        begin();
        Snapshot.Entry now = Snapshot.Entry.of(entry);
        assertEquals(List.of(before.name(), before.cpus(), before.regions(), before.ipiArea(), before.ipiAreaSize(),
            before.reason()), List.of(now.name(), now.cpus(), now.regions(), now.ipiArea(), now.ipiAreaSize(),
            now.reason()));
        assertEquals(InstanceState.LOADED, now.state());
        assertTrue(now.cmdline().startsWith("idle=halt echo.type=7 mk_ipi_shared=0x"), now.cmdline());
        box.mapped().interconnect().mapArea(entry, entry.ipiArea()).close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void aScribbledEntryChangesNothingOfWhatDeleteGivesBack(long seed) throws Exception {
        box.host().unload(List.of("web"));
        scribble(seed);
        box.host().delete(List.of("web"), seed % 2 == 0);
        if (seed % 2 == 0) {
            box.host().update("web", List.of(6), 0, false);
            scribble(-seed);
            box.host().delete(List.of("web"), false);
        }
        assertEquals(TestHost.POOL - (2 << 20), box.free());
        assertEquals(List.of(0, -1, -1, 2, -1, -1, -1, -1), box.owners());
        assertEquals(List.of(1, 2, 4, 5, 6, 7), box.host().status().freeCpus());
        Snapshot.Entry gone = Snapshot.Entry.of(entry);
        assertEquals(List.of(InstanceState.EMPTY, "", List.of(), List.of(), 0L, ""), List.of(gone.state(), gone.name(),
            gone.cpus(), gone.regions(), gone.ipiArea(), gone.cmdline()));
        assertFalse(Snapshot.iomem(box.mapped()).contains("mk-instance-1-"));
        assertFalse(Snapshot.iomem(box.mapped()).contains(": Allocation"));
    }

    private void scribble(long seed) {
        byte[] garbage = new byte[InstanceDescriptor.LENGTH];
        new Random(seed).nextBytes(garbage);
        box.memory().tables().putBytes((int) box.memory().layout().instancesAt() + InstanceDescriptor.LENGTH, garbage);
    }

    private long available() {
        try (InstancePool pool = box.mapped().poolOf(entry)) {
            return pool.available();
        }
    }

    private long ipiBuffersOf(String name) {
        List<String> lines = Snapshot.iomem(box.mapped()).lines().toList();
        int from = lines.indexOf(lines.stream().filter(line -> line.contains("-" + name + "-region-0")).findFirst()
            .orElseThrow());
        return lines.subList(from + 1, lines.size()).stream().takeWhile(line -> !line.contains("mk-instance-"))
            .filter(line -> line.endsWith(": IPI area")).count();
    }

    private void write(long address, int value) {
        try (Window window = box.memory().map(address & -PAGE, PAGE)) {
            window.buffer().setMemory(0, PAGE, (byte) value);
        }
    }

    private int read(long address) {
        try (Window window = box.memory().map(address & -PAGE, PAGE)) {
            return window.buffer().getByte(PAGE - 1);
        }
    }
}
