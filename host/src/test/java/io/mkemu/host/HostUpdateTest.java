// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static io.mkemu.host.TestHost.PAGE;
import static io.mkemu.host.TestHost.kernel;
import static io.mkemu.host.TestHost.spec;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.Pages;
import io.mkemu.host.life.BoxedHost;
import io.mkemu.memory.Region;
import io.mkemu.plan.CpuPlan;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Other CPUs and memory for an instance that does not run: all that is asked, or nothing. */
class HostUpdateTest extends BoxedHost {
    private long poolPage(int page) {
        return box.memory().layout().poolAt() + (long) page * PAGE;
    }

    private List<Region> regions(int id) {
        return box.entry(id).regions();
    }

    @Test
    void memoryGrowsAndShrinks() {
        for (long bytes : new long[] {4 * MIB, 3 * MIB, 64 * PAGE, 5 * MIB, MIB}) {
            host.update("web", null, bytes, false);
            assertEquals(bytes, box.status("web").memoryBytes());
            assertEquals(List.of(bytes), regions(1).stream().map(Region::size).toList());
            assertEquals(TestHost.POOL - 2 * MIB - bytes, box.free());
            assertTrue(regions(1).getFirst().address() < box.entry(1).ipiArea());
            assertEquals(List.of(1, 2), box.status("web").cpus());
        }
        String map = Snapshot.iomem(box.mapped());
        assertEquals(2, map.lines().filter(line -> line.contains("mk-instance-")).count(), map);
        assertEquals(3, map.lines().filter(line -> line.contains("IPI area")).count(), map);
        assertFalse(map.contains(": Allocation"), map);
    }

    @Test
    void whatIsLoadedStaysLoadedAndWhatIsReadyReady() {
        host.update("web", List.of(4), 2 * MIB, false);
        InstanceStatus web = box.status("web");
        assertEquals(List.of(InstanceState.LOADED, List.of("echo"), "idle=halt echo.type=7", List.of(4)),
            List.of(web.state(), web.modules(), web.cmdline(), web.cpus()));
        assertEquals("idle=halt echo.type=7", box.entry(1).cmdline());
        host.unload(List.of("web"));
        host.update("web", null, MIB, false);
        assertEquals(InstanceState.READY, box.status("web").state());
        assertEquals(InstanceState.READY, box.entry(1).state());
    }

    @Test
    void nullAndZeroLeaveThingsAsTheyAre() {
        List<Region> before = regions(1);
        host.update("web", null, 0, false);
        assertEquals(before, regions(1));
        assertEquals(List.of(1, 2), box.status("web").cpus());
        host.update("web", List.of(7), 0, false);
        assertEquals(before, regions(1));
        host.update("web", null, MIB, false);
        assertEquals(before, regions(1), "the size it has already");
    }

    @Test
    void otherCpusAreOwnedAndPlannedAnew() {
        CpuPlan before = box.machine().cpus();
        host.update("web", List.of(7, 4), 0, false);
        assertEquals(List.of(0, -1, -1, 2, 1, -1, -1, 1), box.owners());
        assertEquals(List.of(1, 2, 5, 6), host.status().freeCpus());
        assertArrayEquals(new int[] {4, 7}, box.entry(1).cpus());
        assertEquals(before.without(List.of(1, 2)).hostCpus(), box.machine().cpus().without(List.of(4, 7)).hostCpus());
        for (int cpu : new int[] {4, 7}) {
            assertEquals(box.machine().cpus().hostCpu(cpu), box.apic(cpu).hostCpu());
        }
        for (int cpu : new int[] {1, 2}) {
            assertFalse(box.machine().cpus().hostCpus().containsKey(cpu));
            assertEquals(-1, box.apic(cpu).hostCpu());
        }
        assertEquals(box.machine().cpus().hostCpus().size(), box.status("web").hostCpus().size() + 2);
        host.update("web", List.of(1, 2), 0, false);
        assertEquals(before, box.machine().cpus());
        box.create(spec(0, "cache", MIB, 4, 7), false);
    }

    @Test
    void aCpuThatStaysBeginsAnew() {
        box.apic(1).raise(3);
        box.apic(1).sendsTo(2, true);
        host.update("web", List.of(1, 4), 0, false);
        assertFalse(box.apic(1).hasPending());
        assertFalse(box.apic(1).sendsTo(2));
    }

    @Test
    void sharesOfItsPagesEndWithItsMemory() {
        long page = Pages.pfn(regions(1).getFirst().address()) + 5;
        box.memory().pageTable().grant(page, 2);
        host.update("web", null, 2 * MIB, false);
        assertFalse(box.memory().pageTable().isGranted(page, 2));
        page = Pages.pfn(regions(1).getFirst().address()) + 5;
        box.memory().pageTable().grant(page, 2);
        host.unload(List.of("web"));
        host.delete(List.of("web"), false);
        assertFalse(box.memory().pageTable().isGranted(page, 2));
    }

    /** Layout: web [0,1) MiB, db [1,3) MiB, 5 MiB free; 6 MiB are had only in the place of db's own 2. */
    @Test
    void memoryThatFitsOnlyInPlaceOfTheOld() {
        assertEquals(List.of(new Region(poolPage(256), 2 * MIB)), regions(2));
        host.update("db", null, 7 * MIB, false);
        assertEquals(List.of(new Region(poolPage(256), 7 * MIB)), regions(2));
        assertEquals(0, box.free());
        host.update("db", null, 2 * MIB, false);
        assertEquals(List.of(new Region(poolPage(256), 2 * MIB)), regions(2));
        assertEquals(5 * MIB, box.free());
    }

    @Test
    void memoryThatDoesNotFitAtAllLeavesTheOldWhereItIs() {
        String refusal = "no 7344128 bytes in 8 pieces or fewer are left in the multikernel pool for instance db: give "
            + "it less memory, or the machine more";
        for (boolean dryRun : new boolean[] {true, false}) {
            box.refuses(ExitCode.RESOURCES, refusal, () -> host.update("db", null, 7 * MIB + PAGE, dryRun));
            box.refuses(ExitCode.RESOURCES, refusal, () -> host.update("db", List.of(4), 7 * MIB + PAGE, dryRun));
        }
        assertEquals(List.of(new Region(poolPage(256), 2 * MIB)), regions(2));
        assertEquals(0, box.machine().multikernelPool().free(box.machine().multikernelPool().alloc(5 * MIB), 5 * MIB),
            "what is free is in one piece still");
    }

    /** Takes the whole pool in pieces of that many bytes. */
    private static List<Long> takeAll(TestHost box, long bytes) {
        List<Long> pieces = new ArrayList<>();
        for (long at = box.machine().multikernelPool().alloc(bytes); at != 0;
            at = box.machine().multikernelPool().alloc(bytes)) {
            pieces.add(at);
        }
        assertEquals(TestHost.POOL / bytes, pieces.size());
        return pieces;
    }

    private static void free(TestHost box, List<Long> pieces, long bytes, int... indexes) {
        for (int index : indexes) {
            assertEquals(0, box.machine().multikernelPool().free(pieces.get(index), bytes));
        }
    }

    @Test
    void anInstanceInPiecesKeepsEachOfThem() throws Exception {
        try (TestHost empty = TestHost.empty()) {
            free(empty, takeAll(empty, MIB / 2), MIB / 2, 1, 3, 9, 14);
            empty.create(spec(9, "p", 2 * MIB, 3), false);
            List<Region> pieces = empty.entry(9).regions();
            assertEquals(4, pieces.size());
            empty.refuses(ExitCode.RESOURCES, "no 2101248 bytes in 8 pieces or fewer are left in the multikernel pool "
                + "for instance p: give it less memory, or the machine more",
                () -> empty.host().update("p", null, 2 * MIB + PAGE, false));
            assertEquals(pieces, empty.entry(9).regions());
            empty.host().update("p", null, MIB / 2, false);
            assertEquals(pieces.subList(0, 1), empty.entry(9).regions());
            empty.host().update("p", null, 2 * MIB, false);
            assertEquals(pieces, empty.entry(9).regions());
            empty.host().delete(List.of("p"), false);
            assertEquals(2 * MIB, empty.free());
        }
    }

    @Test
    void piecesThatCannotHoldTheIpiBufferWillNotDo() throws Exception {
        try (TestHost empty = TestHost.empty()) {
            long piece = 4L * PAGE;
            List<Long> pieces = takeAll(empty, piece);
            free(empty, pieces, piece, 1, 3, 5, 7, 9, 11, 13, 15);
            String refusal = "what is left in the multikernel pool for instance p lies in pieces too small for its IPI "
                + "area of 16384 bytes: give it fewer CPUs, or delete an instance";
            for (boolean dryRun : new boolean[] {true, false}) {
                empty.refuses(ExitCode.RESOURCES, refusal,
                    () -> empty.create(spec(9, "p", 8 * piece, 3, 4), dryRun));
            }
            empty.create(spec(9, "p", 8 * piece, 3), false);
            for (boolean dryRun : new boolean[] {true, false}) {
                empty.refuses(ExitCode.RESOURCES, refusal, () -> empty.host().update("p", List.of(3, 4), 0, dryRun));
                empty.refuses(ExitCode.RESOURCES, refusal,
                    () -> empty.host().update("p", List.of(3, 4), 6 * piece, dryRun));
            }
            free(empty, pieces, piece, 10);
            empty.host().update("p", List.of(3, 4), 0, false);
            assertEquals(new Region(pieces.get(9), 3 * piece), empty.entry(9).regions().getFirst());
            assertEquals(8 * piece, empty.entry(9).regions().stream().mapToLong(Region::size).sum());
            assertEquals(piece, empty.free());
        }
    }

    @Test
    void aDryRunSaysWhetherAndChangesNothing() {
        Snapshot before = Snapshot.of(host);
        host.update("db", List.of(5, 4), 7 * MIB, true);
        box.assertUnchanged(before);
        host.update("db", null, 4 * PAGE, true);
        host.update("db", List.of(7), 0, true);
        assertEquals(3, box.create(spec(0, "cache", 5 * MIB, 4), true).id());
        assertEquals(200, box.create(spec(200, "cache", MIB, 4, 5, 6, 7), true).id());
        box.assertUnchanged(before);
        host.unload(List.of("web"));
        before = Snapshot.of(host);
        host.delete(List.of("web"), true);
        box.assertUnchanged(before);
        box.load(kernel("web", ""));
    }
}
