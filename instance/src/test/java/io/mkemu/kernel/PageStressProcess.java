// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.Errno;
import io.mkemu.abi.Pages;
import io.mkemu.boot.BootParameters;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.ipi.PfnMessage;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.Region;
import io.mkemu.memory.Window;
import io.mkemu.module.PageRange;
import io.mkemu.os.OsProcess;
import io.mkemu.testkit.ChildJvm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One kernel of {@link PageStressTest}, that may be killed at any moment: {@code RAM ID LIFE}. Owners allocate
 * ranges of pages, share them and free them again, whoever has them mapped. Mappers map whatever range stands on the
 * board, new or stale, or its first page alone.
 * In front of the host's memory:
 * <pre>
 *  0       64 * ID                                     BOARD
 *  +------+----------------------------------+---- ...+-------------------------------+
 *  | stop | of each kernel: maps, refusals,  |        | SLOTS ranges of each owner:   |
 *  |      | freed, busy, faults              |        | PFN, count << COUNT_SHIFT     |
 *  +------+----------------------------------+---- ...+-------------------------------+
 * </pre>
 * Each time a page is handed out it begins with a stamp that no other time has; each thread that has it mapped writes
 * the stamp that it saw into a word of its own. Whoever sees another stamp than his own has seen a page that was handed
 * out while it was mapped: a fault.
 */
final class PageStressProcess {
    static final int OWNERS = 2;
    static final int MAPPERS = 3;
    static final int KERNELS = OWNERS + MAPPERS;
    static final int MAPS = 0;
    static final int REFUSALS = 8;
    static final int FREED = 16;
    static final int BUSY = 24;
    static final int FAULTS = 32;
    private static final int STOP = 0;
    private static final int BOARD = 1024;
    private static final int SLOTS = 8;
    private static final int MOST_RANGES = 6;
    private static final int MOST_PAGES = 3;
    private static final int COUNT_SHIFT = 48;
    private static final int THREADS = 2;
    private static final int WORDS = 1 + THREADS * (KERNELS + 1);

    private final MappedMachine mapped;
    private final PageTable table;
    private final int id;
    private final KernelInstance kernel;
    private final UnsafeBuffer board;

    private PageStressProcess(MappedMachine mapped, int id) {
        this.mapped = mapped;
        this.table = mapped.memory().pageTable();
        this.id = id;
        this.board = board(mapped).buffer();
        this.kernel = new KernelInstance(mapped, id, BootParameters.parse(""),
            mapped.instances().entry(id).ipiArea());
    }

    static Window board(MappedMachine mapped) {
        return mapped.memory().map(mapped.memory().layout().hostAt(), Pages.PAGE_SIZE);
    }

    static boolean isOwner(int id) {
        return id <= OWNERS;
    }

    static long count(UnsafeBuffer board, int id, int counter) {
        return board.getLongVolatile(id * 64 + counter);
    }

    static void stop(UnsafeBuffer board) {
        board.putLongVolatile(STOP, 1);
    }

    public static void main(String[] args) throws Exception {
        ChildJvm.endWithParent();
        int id = Integer.parseInt(args[1]);
        PageStressProcess process = new PageStressProcess(MappedMachine.open(Path.of(args[0])), id);
        long life = Long.parseLong(args[2]);
        if (isOwner(id)) {
            process.own(life);
        } else {
            process.map(life);
        }
        OsProcess.exitNow(0);
    }

    private boolean isStopped() {
        return board.getLongVolatile(STOP) != 0;
    }

    private void add(int counter) {
        board.getAndAddLong(id * 64 + counter, 1);
    }

    private void check(boolean good) {
        if (!good) {
            add(FAULTS);
        }
    }

    /** Allocates, shares and frees until it is stopped; then frees what it still has. */
    private void own(long life) {
        Region region = mapped.instances().entry(id).regions().getFirst();
        UnsafeBuffer ram = mapped.memory().map(region.address(), region.size()).buffer();
        Random random = new Random(life << 8 | id);
        Map<Long, Long> stamps = new HashMap<>();
        Map<Long, Integer> counts = new HashMap<>();
        List<Long> held = new ArrayList<>();
        for (long turn = 0; !isStopped() || !held.isEmpty(); turn++) {
            if (!isStopped() && held.size() < MOST_RANGES && random.nextBoolean()) {
                int count = 1 + random.nextInt(MOST_PAGES);
                long page = kernel.pool().alloc(Pages.address(count), Pages.PAGE_SIZE);
                long stamp = life << 48 | turn << 8 | id;
                for (int one = 0; one < count; one++) {
                    int at = (int) (page - region.address()) + one * Pages.PAGE_SIZE;
                    ram.setMemory(at, WORDS * Long.BYTES, (byte) 0);
                    ram.putLongVolatile(at, stamp);
                }
                stamps.put(page, stamp);
                counts.put(page, count);
                held.add(page);
                share(page, count, random);
            } else if (!held.isEmpty()) {
                long page = held.get(random.nextInt(held.size()));
                int count = counts.get(page);
                for (int one = 0; one < count; one++) {
                    checkStamps(ram, (int) (page - region.address()) + one * Pages.PAGE_SIZE, stamps.get(page));
                }
                int result = kernel.pool().free(page, Pages.address(count));
                check(result == 0 || result == -Errno.EBUSY);
                add(result == 0 ? FREED : BUSY);
                if (result == 0) {
                    held.remove(page);
                }
            }
            Thread.yield();
        }
    }

    private void share(long page, int count, Random random) {
        for (int mapper = OWNERS + 1; mapper <= KERNELS; mapper++) {
            if (random.nextInt(4) > 0) {
                table.grant(Pages.pfn(page), count, mapper);
            }
        }
        board.putLongVolatile(slot(id, random.nextInt(SLOTS)), Pages.pfn(page) | (long) count << COUNT_SHIFT);
    }

    private void checkStamps(UnsafeBuffer ram, int at, long stamp) {
        check(ram.getLongVolatile(at) == stamp);
        for (int word = 1; word < WORDS; word++) {
            long seen = ram.getLongVolatile(at + word * Long.BYTES);
            check(seen == 0 || seen == stamp);
        }
    }

    private static int slot(int owner, int index) {
        return BOARD + (owner * SLOTS + index) * Long.BYTES;
    }

    /** Maps and unmaps, as a kernel with two CPUs, until it is stopped. */
    private void map(long life) throws InterruptedException, ExecutionException {
        try (ExecutorService cpus = Executors.newFixedThreadPool(THREADS)) {
            List<Future<?>> ends = new ArrayList<>();
            for (int cpu = 0; cpu < THREADS; cpu++) {
                int word = (1 + id * THREADS + cpu) * Long.BYTES;
                Random random = new Random(life << 16 | id << 8 | cpu);
                ends.add(cpus.submit(() -> {
                    PfnMessage message = new PfnMessage();
                    while (!isStopped()) {
                        mapOne(message, random, word);
                        Thread.yield();
                    }
                }));
            }
            for (Future<?> end : ends) {
                end.get();
            }
        }
    }

    private void mapOne(PfnMessage message, Random random, int word) {
        int owner = 1 + random.nextInt(OWNERS);
        long slot = board.getLongVolatile(slot(owner, random.nextInt(SLOTS)));
        if (slot == 0) {
            return;
        }
        long pfn = slot & (1L << COUNT_SHIFT) - 1;
        MkIpiData what = random.nextInt(4) == 0 ? message.of(owner, pfn)
            : message.of(owner, new PageRange(pfn, slot >>> COUNT_SHIFT, 0));
        Window window = kernel.pages().mapAll(what);
        if (window == null) {
            add(REFUSALS);
            return;
        }
        add(MAPS);
        long[] stamps = new long[window.buffer().capacity() / Pages.PAGE_SIZE];
        for (int page = 0; page < stamps.length; page++) {
            stamps[page] = window.buffer().getLongVolatile(page * Pages.PAGE_SIZE);
            window.buffer().putLongVolatile(page * Pages.PAGE_SIZE + word, stamps[page]);
        }
        boolean twice = random.nextInt(4) == 0;
        if (twice) {
            hold(window, random, word, stamps);
            Window second = kernel.pages().mapAll(what);
            window.close();
            window = second;
        }
        if (window != null) {
            hold(window, random, word, stamps);
            window.close();
        }
    }

    /** Looks at pages for a while; they must stay what they are. */
    private void hold(Window window, Random random, int word, long[] stamps) {
        for (int look = random.nextInt(8); look >= 0; look--) {
            for (int page = 0; page < stamps.length; page++) {
                int at = page * Pages.PAGE_SIZE;
                check(window.buffer().getLongVolatile(at) == stamps[page]);
                check(window.buffer().getLongVolatile(at + word) == stamps[page]);
                check(table.isMapped(Pages.pfn(window.physicalAddress()) + page, id));
            }
            Thread.yield();
        }
    }
}
