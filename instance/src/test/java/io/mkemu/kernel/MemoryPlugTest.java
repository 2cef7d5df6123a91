// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.MachineException;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.ResourceDescriptor;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.MultikernelPool;
import io.mkemu.memory.Region;
import io.mkemu.memory.Window;
import io.mkemu.message.ResourceMessage;
import io.mkemu.module.MemoryChange;
import io.mkemu.table.InstanceEntry;
import io.mkemu.table.ResourceOperation;
import io.mkemu.table.ResourceRequest;
import io.mkemu.testkit.Await;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A kernel that runs is given regions of memory, and gives them back, as the host asks. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class MemoryPlugTest {
    private static final long SIZE = 32 * Pages.PAGE_SIZE;
    private static final long USABLE = SIZE - InstancePool.overhead(SIZE);

    @RegisterExtension
    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger acknowledged = new AtomicInteger();
    private volatile String veto;

    private Node host;
    private Node node;
    private InstanceEntry entry;

    private void boot(TestKernels on, int... cpus) throws Exception {
        host = on.boot(0, 0);
        node = on.boot(1, cpus);
        entry = node.kernel.entry();
        host.api.registerHandler((data, context) -> acknowledged.incrementAndGet(), null,
            ResourceMessage.ACKNOWLEDGEMENT_IPI);
        node.on(() -> node.api.onMemory((change, address, size) -> {
            told.add(change + " " + size);
            return veto;
        }));
    }

    /** A region of the machine's pool, as a host sets it aside. */
    private Region setAside() {
        try (MultikernelPool pool = MultikernelPool.attach(machine.memory())) {
            Region region = new Region(pool.alloc(SIZE), SIZE);
            assertNotEquals(0, region.address());
            InstancePool.format(machine.memory(), List.of(region)).close();
            assertTrue(entry.addRegion(region));
            return region;
        }
    }

    private long ask(ResourceOperation operation, ResourceOperation about, Region region) {
        long number = entry.resources().ask(operation, about, region.address(), region.size());
        assertNotEquals(0, number);
        host.kernel.askForResources(entry, ResourceMessage.request(number, entry.life(), operation.number(),
            region.address(), region.size()));
        return number;
    }

    /** Asks and waits: 0, or the errno and why. */
    private String asked(ResourceOperation operation, ResourceOperation about, Region region) throws Exception {
        ask(operation, about, region);
        ResourceRequest request = entry.resources();
        Await.until(() -> ResourceRequest.isOver(request.decision()));
        if (node != null) {
            /* Its modules are told in the same turn. */
            node.on(() -> null);
        }
        return ResourceRequest.stateOf(request.decision()) == ResourceDescriptor.STATE_DONE ? "0"
            : Errno.name(request.result()) + " " + request.text();
    }

    private String add(Region region) throws Exception {
        return asked(ResourceOperation.MEMORY_ADD, null, region);
    }

    private String remove(Region region) throws Exception {
        return asked(ResourceOperation.MEMORY_REMOVE, null, region);
    }

    private static void contains(String text, String part) {
        assertTrue(text.contains(part), text);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsAddedIsUsedAndGoesWhenNothingIsInIt(IpiMode mode) throws Exception {
        TestKernels other = mode == IpiMode.QUEUED ? machine : new TestKernels(mode);
        try {
            boot(other, 2, 3);
            Region region = new Region(other.memory().layout().poolAt(), SIZE);
            try (MultikernelPool pool = MultikernelPool.attach(other.memory())) {
                region = new Region(pool.alloc(SIZE), SIZE);
            }
            InstancePool.format(other.memory(), List.of(region)).close();
            contains(add(region), "-EINVAL the region is not this instance's");
            entry.addRegion(region);
            assertEquals("0", add(region));
            contains(add(region), "-EINVAL");
            assertEquals(List.of("ADDED " + SIZE), told);

            long first = entry.regions().getFirst().size();
            assertEquals(0, node.api.instanceAlloc(first, Pages.PAGE_SIZE), "the first region cannot hold that");
            long taken = 0;
            List<Long> all = new ArrayList<>();
            for (long at = node.on(() -> node.api.instanceAlloc(USABLE, Pages.PAGE_SIZE)); at != 0;
                at = node.on(() -> node.api.instanceAlloc(USABLE, Pages.PAGE_SIZE))) {
                all.add(at);
                taken = at;
            }
            long last = taken;
            assertEquals(region.address() + region.size() - USABLE, last);
            Window window = node.on(() -> node.api.memremap(last, Pages.PAGE_SIZE));
            contains(asked(ResourceOperation.QUERY, ResourceOperation.MEMORY_REMOVE, region), "-EBUSY 1 allocation of "
                + USABLE);
            contains(remove(region), "-EBUSY 1 allocation of " + USABLE + " bytes");
            assertEquals(0, node.on(() -> node.api.instanceFree(last, USABLE)));
            contains(remove(region), "-EBUSY 1 windows of modules");
            node.on(() -> {
                window.close();
                return null;
            });
            assertEquals("0", asked(ResourceOperation.QUERY, ResourceOperation.MEMORY_REMOVE, region));
            assertEquals("0", remove(region));
            assertEquals("REMOVED " + SIZE, told.getLast());
            assertEquals(2, Collections.frequency(told, "STAYS " + SIZE));
            assertEquals(-Errno.EINVAL, node.on(() -> node.api.instanceFree(last, USABLE)));
            assertThrows(MachineException.class, () -> node.api.memremap(last, Pages.PAGE_SIZE));
            assertEquals(0, node.on(() -> node.api.instanceAlloc(USABLE, Pages.PAGE_SIZE)));
            contains(remove(region), "-EINVAL it has no such region");
            contains(remove(entry.regions().getFirst()), "-EINVAL it is the only region");
            if (mode == IpiMode.QUEUED) {
                Await.until(() -> acknowledged.get() >= 10);
            }
        } finally {
            if (other != machine) {
                other.close();
            }
        }
    }

    @Test
    void aKernelInCDoesTheSame() throws Exception {
        host = machine.boot(0, 0);
        Subject inC = machine.puppet(KernelHost.NATIVE, 1, 2);
        entry = machine.mapped().instances().entry(1);
        Region region = new Region(entry.regions().getFirst().address() + Pages.PAGE_SIZE, SIZE);
        contains(add(region), "-EINVAL the region is not this instance's");
        contains(remove(entry.regions().getFirst()), "-EINVAL its IPI area lies in it");
        region = setAside();
        assertEquals("0", asked(ResourceOperation.QUERY, ResourceOperation.MEMORY_ADD, region));
        assertEquals("0", add(region));
        contains(add(region), "-EINVAL the region is not this instance's, or is in use already");
        long last = 0;
        for (long at = inC.api.instanceAlloc(USABLE, Pages.PAGE_SIZE); at != 0;
            at = inC.api.instanceAlloc(USABLE, Pages.PAGE_SIZE)) {
            last = at;
        }
        assertEquals(region.address() + region.size() - USABLE, last);
        contains(remove(region), "-EBUSY an allocation lies in");
        assertEquals(0, inC.api.instanceFree(last, USABLE));
        machine.memory().pageTable().noteMapped(Pages.pfn(last), 0);
        contains(remove(region), "-EBUSY it is being allocated from, or another instance");
        machine.memory().pageTable().noteUnmapped(Pages.pfn(last), 0);
        assertEquals("0", asked(ResourceOperation.QUERY, ResourceOperation.MEMORY_REMOVE, region));
        assertEquals("0", remove(region));
        assertEquals(0, inC.api.instanceAlloc(USABLE, Pages.PAGE_SIZE));
        contains(remove(region), "-EINVAL it has no such region");
        contains(asked(ResourceOperation.CPU_ADD, null, region), "-EOPNOTSUPP");
    }

    @Test
    void aModuleCanFreeWhatItHasOrSayNo() throws Exception {
        boot(machine, 2);
        Region region = setAside();
        assertEquals("0", add(region));
        veto = "the books are in it";
        assertEquals("-EBUSY module probe: the books are in it", remove(region));
        assertEquals("STAYS " + SIZE, told.getLast());
        veto = null;
        Deque<Long> mine = new ArrayDeque<>();
        node.on(() -> {
            for (long at = node.api.instanceAlloc(Pages.PAGE_SIZE, 1); at != 0;
                at = node.api.instanceAlloc(Pages.PAGE_SIZE, 1)) {
                mine.push(at);
            }
            return node.api.onMemory((change, address, size) -> {
                while (change == MemoryChange.REMOVING && !mine.isEmpty() && mine.peek() >= address
                    && mine.peek() < address + size) {
                    node.api.instanceFree(mine.pop(), Pages.PAGE_SIZE);
                    assertEquals(0, node.api.instanceAlloc(Pages.PAGE_SIZE, 1), "nothing new in what is to go");
                }
                return null;
            });
        });
        assertEquals("0", remove(region));
    }

    @Test
    void whatAnotherInstanceHasMappedStays() throws Exception {
        boot(machine, 2);
        Region region = setAside();
        assertEquals("0", add(region));
        machine.memory().pageTable().noteMapped(Pages.pfn(region.address()) + 3, 0);
        contains(remove(region), "is mapped by instance 0");
        machine.memory().pageTable().noteUnmapped(Pages.pfn(region.address()) + 3, 0);
        assertEquals("0", remove(region));
    }

    @Test
    void aRingIsEnoughAndSoIsALookOnceASecond() throws Exception {
        boot(machine, 2);
        Region region = setAside();
        ResourceRequest request = entry.resources();
        request.ask(ResourceOperation.MEMORY_ADD, null, region.address(), region.size());
        machine.mapped().apic(entry.bootCpu()).raise(LocalApicDescriptor.REQUEST_VECTOR);
        Await.until(() -> ResourceRequest.stateOf(request.decision()) == ResourceDescriptor.STATE_DONE);
        request.ask(ResourceOperation.MEMORY_REMOVE, null, region.address(), region.size());
        Await.until(() -> ResourceRequest.stateOf(request.decision()) == ResourceDescriptor.STATE_DONE);
    }

    @Test
    void whatTheHostHasGivenUpIsUndone() throws Exception {
        boot(machine, 2);
        Region region = setAside();
        assertEquals("0", add(region));
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        node.on(() -> node.api.onMemory((change, address, size) -> {
            if (change == MemoryChange.REMOVING) {
                asked.countDown();
                Await.until(() -> goOn.getCount() == 0);
            }
            return null;
        }));
        long number = ask(ResourceOperation.MEMORY_REMOVE, null, region);
        Await.latch(asked);
        assertEquals(ResourceDescriptor.STATE_GIVEN_UP, entry.resources().giveUp(number));
        goOn.countDown();
        Await.until(() -> entry.resources().giveUp(number) == ResourceDescriptor.STATE_LET_GO);
        Await.until(() -> told.getLast().equals("STAYS " + SIZE));
        assertEquals(2, node.on(() -> node.kernel.pool().parts().size()));
        assertEquals("0", remove(region), "the next one is asked as ever");
    }

    @Test
    void nothingIsLostWhileOtherCpusAllocate() throws Exception {
        boot(machine, 2, 3);
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger rounds = new AtomicInteger();
        CompletableFuture<Void> allocating = CompletableFuture.runAsync(() -> {
            Deque<Long> mine = new ArrayDeque<>();
            while (!over.get() || !mine.isEmpty()) {
                long size = (1 + rounds.incrementAndGet() % 7) * Pages.PAGE_SIZE;
                long at = over.get() || mine.size() > 120 ? 0 : node.kernel.pool().alloc(size, Pages.PAGE_SIZE);
                if (at != 0) {
                    try (Window window = node.kernel.pool().window(at, size)) {
                        assertEquals(0, window.buffer().getLong(0), "somebody has it already");
                        window.buffer().putLong(0, size);
                    }
                    mine.add(at);
                } else {
                    long back = mine.pop();
                    try (Window window = node.kernel.pool().window(back, Pages.PAGE_SIZE)) {
                        size = window.buffer().getLong(0);
                        window.buffer().putLong(0, 0);
                    }
                    assertEquals(0, node.kernel.pool().free(back, size));
                }
            }
        });
        int refused = 0;
        for (int round = 0; round < 50; round++) {
            Region region = setAside();
            try (Window all = machine.memory().map(region.address() + SIZE - USABLE, USABLE)) {
                all.buffer().setMemory(0, (int) USABLE, (byte) 0);
            }
            assertEquals("0", add(region));
            while (!remove(region).equals("0")) {
                refused++;
            }
            entry.removeRegion(region);
            try (MultikernelPool pool = MultikernelPool.attach(machine.memory())) {
                assertEquals(0, pool.free(region.address(), region.size()));
            }
        }
        over.set(true);
        allocating.get(Await.WATCHDOG_SECONDS, TimeUnit.SECONDS);
        assertTrue(rounds.get() > 200, "it allocated meanwhile; refused: " + refused);
        assertEquals(node.kernel.pool().size() - Pages.align(entry.ipiAreaSize()), node.kernel.pool().available());
    }
}
