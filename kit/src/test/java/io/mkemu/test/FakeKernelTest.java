// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.memory.Window;
import io.mkemu.module.InstanceWatch;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.PageRange;
import io.mkemu.module.Task;
import io.mkemu.module.TaskHandle;
import io.mkemu.module.Timer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a module's author relies on: a fake kernel answers as a real one does. */
class FakeKernelTest {
    private static final int TYPE = 7;

    private final FakeMachine machine = new FakeMachine(3, 2);
    private final FakeKernel host = machine.kernel(0);
    private final FakeKernel kernel = machine.kernel(1);

    @Test
    void everyHandlerOfATypeRunsOldestFirst() {
        List<String> seen = new ArrayList<>();
        IpiHandler first = kernel.registerHandler((data, context) -> seen.add(context + ":" + data.dataSize()
            + " from " + kernel.instanceOfCpu(data.senderCpu())), "first", TYPE);
        kernel.registerHandler((data, context) -> seen.add((String) context), "second", TYPE);
        assertEquals(0, host.sendIpiData(1, new byte[5], TYPE));
        kernel.round();
        assertEquals(List.of("first:5 from 0", "second"), seen);
        assertEquals(0, kernel.unregisterHandler(first));
        assertEquals(-Errno.ENOENT, kernel.unregisterHandler(first));
        kernel.receive(2, TYPE);
        kernel.round();
        assertEquals(List.of("first:5 from 0", "second", "second"), seen);
        assertNull(kernel.registerHandler(null, null, TYPE));
    }

    @Test
    void sendsAreRefusedAsARealKernelRefusesThem() {
        assertEquals(-Errno.EINVAL, host.sendIpiData(3, new byte[1], TYPE));
        assertEquals(-Errno.EINVAL, host.sendIpiData(1, new byte[257], TYPE));
        assertEquals(0, host.sendIpiData(1, null, 0, 3, TYPE));
        assertEquals(0, host.sendIpiData(1, new byte[] {9}, TYPE));
        assertEquals(-Errno.ENOSPC, host.sendIpiData(1, new byte[1], TYPE));
        assertEquals(0, machine.kernel(2).sendIpiData(1, new byte[1], TYPE), "each sender has a lane of its own");
        List<FakeMessage> taken = kernel.take(0);
        assertArrayEquals(new byte[3], taken.get(0).payload());
        assertArrayEquals(new byte[] {9}, taken.get(1).payload());
        kernel.round();
        assertEquals(1, kernel.unhandled().size());
        kernel.state(InstanceState.FAILED);
        assertEquals(-Errno.ESHUTDOWN, host.sendIpiData(1, new byte[1], TYPE));
    }

    @Test
    void aPageIsSharedMappedAndBusyUntilItIsUnmapped() {
        long address = host.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
        assertEquals(0, host.sendPfn(1, Pages.pfn(address)));
        List<Window> mapped = new ArrayList<>();
        kernel.registerHandler((data, context) -> mapped.add(kernel.receiveMapPage(data)), null, 0x8000_0001);
        kernel.round();
        try (Window own = host.memremap(address, Pages.PAGE_SIZE)) {
            own.buffer().putLong(8, 42);
        }
        assertEquals(42, mapped.getFirst().buffer().getLong(8));
        assertEquals(-Errno.EBUSY, host.instanceFree(address, Pages.PAGE_SIZE));
        kernel.receiveUnmapPage(mapped.getFirst());
        assertEquals(0, host.instanceFree(address, Pages.PAGE_SIZE));
        assertEquals(-Errno.ENOENT, host.instanceFree(address, Pages.PAGE_SIZE));
        assertEquals(0, host.shares());
    }

    @Test
    void tasksRunByTheClockAndDaemonsHoldUpNobody() {
        List<Long> steps = new ArrayList<>();
        kernel.startTask("three", () -> {
            steps.add(machine.now());
            return steps.size() < 3 ? 1_000 : Task.DONE;
        });
        kernel.startDaemonTask("serve", () -> Task.WAIT);
        machine.run();
        assertEquals(3, steps.size());
        assertTrue(steps.get(2) - steps.get(0) >= 2_000, steps::toString);
        kernel.startTask("fails", () -> {
            throw new IllegalStateException("no more");
        });
        machine.run();
        assertEquals("no more", kernel.failures().getFirst().getMessage());
        kernel.startTask("waits", () -> Task.WAIT);
        assertThrows(AssertionError.class, machine::run, "nothing can wake it");
    }

    @Test
    void aMessageOfALaterKernelWakesAnEarlierOne() {
        boolean[] asked = {false};
        boolean[] answered = {false};
        host.registerHandler((data, context) -> answered[0] = true, null, TYPE);
        host.startTask("await", () -> answered[0] ? Task.DONE : Task.WAIT);
        machine.kernel(2).startTask("ask once", () -> {
            if (!asked[0]) {
                asked[0] = true;
                machine.kernel(2).sendIpiData(0, new byte[1], TYPE);
            }
            return answered[0] ? Task.DONE : Task.WAIT;
        });
        machine.kernel(2).registerHandler((data, context) -> { }, null, TYPE);
        host.registerHandler((data, context) -> host.sendIpiData(2, new byte[1], TYPE), null, TYPE);
        machine.run();
        assertTrue(answered[0]);
    }

    @Test
    void aModuleIsLoadedWithItsParametersAndForgotten() {
        kernel.parameters("limit=3 name=x").bootParameter("log-level", "8").load(new KernelModule() {
            @Override
            public void init(Kernel given) throws Exception {
                given.printk(given.parameter("limit", 0) + given.parameter("name") + given.bootParameter("log_level"));
                given.observe("leader", 1);
                given.registerHandler((data, context) -> { }, null, TYPE);
                if (given.parameter("broken") != null) {
                    throw new Exception("broken");
                }
            }
        });
        assertEquals(List.of("3x8"), kernel.log());
        assertEquals(1, kernel.observed().get("leader"));
        kernel.forget();
        kernel.receive(0, TYPE);
        kernel.round();
        assertEquals(1, kernel.unhandled().size());
        assertFalse(kernel.hasTasks());
    }

    @Test
    void timersGoOffAtTheirTime() {
        List<String> seen = new ArrayList<>();
        Timer once = kernel.after(100, () -> seen.add("once"));
        Timer again = kernel.every(40, () -> seen.add("again"));
        assertEquals(40, kernel.round());
        machine.advance(40);
        kernel.round();
        assertEquals(List.of("again"), seen);
        machine.advance(95);
        assertEquals(25, kernel.round(), "a time that was missed is left out");
        assertEquals(List.of("again", "again", "once"), seen);
        assertFalse(once.isPending());
        assertFalse(once.cancel());
        once.restart(5);
        assertTrue(again.cancel());
        machine.advance(5);
        assertEquals(Task.WAIT, kernel.round());
        assertEquals(List.of("again", "again", "once", "once"), seen);
        assertThrows(IllegalArgumentException.class, () -> kernel.every(0, () -> { }));
    }

    @Test
    void aTaskIsWokenHoweverLongItWaits() {
        List<String> seen = new ArrayList<>();
        List<TaskHandle> handle = new ArrayList<>();
        handle.add(kernel.startTask("sleeper", () -> {
            seen.add("step");
            if (seen.size() == 2) {
                handle.getFirst().wake();
            }
            return seen.size() == 4 ? Task.DONE : Task.WAIT;
        }));
        kernel.round();
        kernel.round();
        assertEquals(1, seen.size());
        handle.getFirst().wake();
        kernel.round();
        kernel.round();
        assertEquals(3, seen.size(), "a wake-up in a step counts for the next one");
    }

    @Test
    void changesOfKernelsAreToldWithTheirLives() {
        List<String> seen = new ArrayList<>();
        InstanceWatch watch = kernel.onInstanceChange((instance, life, change) ->
            seen.add(instance + "/" + life + " " + change));
        kernel.registerHandler((data, context) -> seen.add("from " + data.senderInstance() + "/" + data.senderLife()),
            null, TYPE);
        kernel.round();
        assertEquals(List.of("0/1 ACTIVE", "1/1 ACTIVE", "2/1 ACTIVE"), seen);
        seen.clear();
        machine.kernel(2).state(InstanceState.FAILED);
        kernel.round();
        machine.kernel(2).state(InstanceState.ACTIVE);
        machine.kernel(2).sendIpiData(1, new byte[1], TYPE);
        host.state(InstanceState.LOADED);
        kernel.round();
        assertEquals(List.of("2/1 FAILED", "from 2/2", "0/1 GONE", "2/2 ACTIVE"), seen);
        assertEquals(2, kernel.life(2));
        assertEquals(2, kernel.findInstance(2).life());
        watch.end();
        host.state(InstanceState.ACTIVE);
        kernel.round();
        assertEquals(4, seen.size());
    }

    @Test
    void rangesOfPagesAreAsOnAMachine() {
        machine.poolPages(10);
        assertEquals(-Errno.EINVAL, kernel.allocPages(0));
        assertEquals(-Errno.EINVAL, kernel.allocPages(11));
        long pfn = kernel.allocPages(4);
        assertEquals(-Errno.ENOMEM, kernel.allocPages(7));
        assertEquals(0, kernel.instanceAlloc(7 * Pages.PAGE_SIZE, 1));
        kernel.memremap(Pages.address(pfn), Pages.address(4)).buffer().putLong(3 * Pages.PAGE_SIZE, 42);
        assertThrows(MachineException.class, () -> kernel.memremap(Pages.address(pfn), Pages.address(5)));
        List<Window> windows = new ArrayList<>();
        List<PageRange> ranges = new ArrayList<>();
        Kernel peer = machine.kernel(2);
        peer.registerHandler((data, context) -> {
            ranges.add(peer.receivePages(data));
            windows.add(peer.receiveMapPages(data));
        }, null, MkIpiDataDescriptor.PAGES_IPI_TYPE);
        assertEquals(-Errno.EINVAL, kernel.sendPages(2, pfn, 5, 7));
        assertEquals(0, kernel.sendPages(2, pfn, 4, 7));
        machine.kernel(2).round();
        assertEquals(List.of(new PageRange(pfn, 4, 7)), ranges);
        assertEquals(42, windows.getFirst().buffer().getLong(3 * Pages.PAGE_SIZE));
        assertEquals(0, kernel.sendPages(2, pfn, 4, 8));
        assertEquals(0, kernel.revokePages(2, pfn + 1, 1));
        machine.kernel(2).round();
        assertNull(windows.getLast(), "one page of it was taken back");
        assertEquals(-Errno.EBUSY, kernel.freePages(pfn, 4));
        peer.receiveUnmapPage(windows.getFirst());
        assertEquals(-Errno.EINVAL, kernel.freePages(pfn, 3));
        assertEquals(0, kernel.freePages(pfn, 4));
    }
}
