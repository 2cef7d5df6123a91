// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.Pages;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.PageTable.MappedPage;
import io.mkemu.system.modules.Sharer;
import io.mkemu.table.InstanceEntry;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An instance maps its own pool, the shared tables, the others' IPI areas, and what was shared with it. */
@Timeout(90)
class WindowsIT {
    @RegisterExtension
    final Mk mk = new Mk();
    private MkProcess run;

    @BeforeEach
    void start() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Sharer.class);
        run = mk.start("run", new TreeSource().instance("owner", jar).instance("receiver", jar).instance("third", jar)
            .write(mk.work(), "windows"));
        run.awaitOut(1, "sharer: still reads 0 and 1");
    }

    private long mappedPfn(int index) {
        String line = run.out("receiver: sharer: mapped ").get(index);
        return Pages.pfn(Long.parseLong(line.substring(line.lastIndexOf(' ') + 1), 16));
    }

    private void end() throws Exception {
        run.signal("INT");
        run.ends(code -> code == 130 || code == 1, "130 or 1");
    }

    @Test
    @DisplayName("mk_receive_map_page: outside RAM, or never shared: refused and logged; revoked: mapped no more")
    void refusesAndLogs() throws Exception {
        assertEquals(2, run.out("receiver: sharer: mapped ").size(), run::describe);
        assertEquals(1, run.out("owner: sharer: revoke gave 0").size(), run::describe);
        assertEquals(3, run.out("receiver: sharer: not mapped ").size(), run::describe);
        assertEquals(1, run.out("receiver: mkemu: PFN 0x" + Long.toHexString(mappedPfn(0))
            + " from CPU 1 not mapped: its owner has not shared it").size(), run::describe);
        for (String pfn : new String[] {"10000000000", "ffffffffffffffea"}) {
            assertEquals(1, run.out("receiver: mkemu: PFN 0x" + pfn + " from CPU 1 not mapped: it is outside").size(),
                run::describe);
        }
        end();
    }

    @Test
    void mapsOnlyItsWindows() throws Exception {
        Path ram = mk.machine("windows").resolve("ram");
        try (MappedMachine mapped = MappedMachine.openReadOnly(ram)) {
            for (Map.Entry<Integer, Long> instance : Procs.instances(mk.machine("windows")).entrySet()) {
                int id = instance.getKey();
                BitSet foreign = RamMaps.of(instance.getValue(), ram);
                assertTrue(foreign.get(0), "instance " + id + " has the header mapped");
                foreign.clear(0, (int) Pages.pfn(mapped.memory().layout().poolMapAt()));
                mapped.instances().entry(id).regions()
                    .forEach(region -> clear(foreign, region.address(), region.size()));
                for (int other = 0; other <= 3; other++) {
                    InstanceEntry entry = mapped.instances().entry(other);
                    clear(foreign, entry.ipiArea(), entry.ipiAreaSize());
                }
                BitSet shared = new BitSet();
                if (id == 2) {
                    /* The first was taken back after it was mapped: it stays mapped. */
                    shared.set((int) mappedPfn(0));
                    shared.set((int) mappedPfn(1));
                }
                assertEquals(shared, foreign, "instance " + id);
            }
            assertEquals(List.of(2), mapped.memory().pageTable().mappers(mappedPfn(0)));
            assertEquals(List.of(2), mapped.memory().pageTable().mappers(mappedPfn(1)));
            assertFalse(mapped.memory().pageTable().isGranted(mappedPfn(0), 2));
            assertTrue(mapped.memory().pageTable().isGranted(mappedPfn(1), 2));
        }
        end();
    }

    private static void clear(BitSet pages, long address, long size) {
        pages.clear((int) Pages.pfn(address), (int) Pages.pfn(address + size));
    }

    private void kill(int id) throws Exception {
        Procs.signal("KILL", Procs.instances(mk.machine("windows")).get(id));
    }

    private void await(BooleanSupplier holds) {
        while (!holds.getAsBoolean()) {
            assertFalse(Thread.interrupted(), run::describe);
            Thread.onSpinWait();
        }
    }

    @Test
    void anOwnerThatDiesSharesNothingAndHoldsOnlyWhatOthersHaveMapped() throws Exception {
        Path ram = mk.machine("windows").resolve("ram");
        try (MappedMachine mapped = MappedMachine.openReadOnly(ram)) {
            InstanceEntry owner = mapped.instances().entry(1);
            PageTable shares = mapped.memory().pageTable();
            assertTrue(shares.isGranted(mappedPfn(1), 2));
            long pfn = mappedPfn(1);
            kill(1);
            await(() -> owner.state() == InstanceState.FAILED && !shares.isGranted(pfn, 2));
            assertEquals(Set.of(new MappedPage(Pages.address(mappedPfn(0)), List.of(2)),
                new MappedPage(Pages.address(mappedPfn(1)), List.of(2))),
                Set.copyOf(shares.stillMapped(owner.regions())));
            try (InstancePool pool = mapped.poolOf(owner)) {
                assertTrue(pool.isAllocated(Pages.address(mappedPfn(0)), Pages.PAGE_SIZE));
                assertTrue(pool.isAllocated(Pages.address(mappedPfn(1)), Pages.PAGE_SIZE));
                assertTrue(pool.isAllocated(owner.ipiArea(), owner.ipiAreaSize()));
                long usable = owner.regions().stream()
                    .mapToLong(region -> region.size() - InstancePool.overhead(region.size())).sum();
                assertEquals(usable - owner.ipiAreaSize() - 2L * Pages.PAGE_SIZE, pool.available());
            }
            long receiver = Procs.instances(mk.machine("windows")).get(2);
            assertTrue(RamMaps.of(receiver, ram).get((int) mappedPfn(1)), "mapped already stays mapped");
            kill(2);
            await(() -> shares.stillMapped(owner.regions()).isEmpty());
        }
        end();
    }
}
