// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.Errno;
import io.mkemu.abi.Pages;
import io.mkemu.boot.BootParameters;
import io.mkemu.ipi.PfnMessage;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.Region;
import io.mkemu.memory.Window;
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
 * One kernel of {@link PageStressTest}, that may be killed at any moment: {@code RAM ID LIFE}. Owners allocate pages,
 * share them and free them again, whoever has them mapped. Mappers map whatever PFN stands on the board, new or stale.
 * In front of the host's memory:
 * <pre>
 *  0       64 * ID                                     BOARD
 *  +------+----------------------------------+---- ...+-------------------------------+
 *  | stop | of each kernel: maps, refusals,  |        | SLOTS PFNs of each owner, the |
 *  |      | freed, busy, faults              |        | last ones it shared           |
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
    private static final int MOST_PAGES = 6;
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
        List<Long> held = new ArrayList<>();
        for (long turn = 0; !isStopped() || !held.isEmpty(); turn++) {
            if (!isStopped() && held.size() < MOST_PAGES && random.nextBoolean()) {
                long page = kernel.pool().alloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
                int at = (int) (page - region.address());
                long stamp = life << 48 | turn << 8 | id;
                ram.setMemory(at, WORDS * Long.BYTES, (byte) 0);
                ram.putLongVolatile(at, stamp);
                stamps.put(page, stamp);
                held.add(page);
                share(page, random);
            } else if (!held.isEmpty()) {
                long page = held.get(random.nextInt(held.size()));
                checkStamps(ram, (int) (page - region.address()), stamps.get(page));
                int result = kernel.pool().free(page, Pages.PAGE_SIZE);
                check(result == 0 || result == -Errno.EBUSY);
                add(result == 0 ? FREED : BUSY);
                if (result == 0) {
                    held.remove(page);
                }
            }
            Thread.yield();
        }
    }

    private void share(long page, Random random) {
        for (int mapper = OWNERS + 1; mapper <= KERNELS; mapper++) {
            if (random.nextInt(4) > 0) {
                table.grant(Pages.pfn(page), mapper);
            }
        }
        board.putLongVolatile(slot(id, random.nextInt(SLOTS)), Pages.pfn(page));
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
        long pfn = board.getLongVolatile(slot(owner, random.nextInt(SLOTS)));
        if (pfn == 0) {
            return;
        }
        Window window = kernel.pages().map(message.of(owner, pfn));
        if (window == null) {
            add(REFUSALS);
            return;
        }
        add(MAPS);
        long stamp = window.buffer().getLongVolatile(0);
        window.buffer().putLongVolatile(word, stamp);
        boolean twice = random.nextInt(4) == 0;
        if (twice) {
            hold(window, random, word, stamp);
            Window second = kernel.pages().map(message.of(owner, pfn));
            window.close();
            window = second;
        }
        if (window != null) {
            check(table.isMapped(pfn, id));
            hold(window, random, word, stamp);
            window.close();
        }
    }

    /** Looks at a page for a while; it must stay what it is. */
    private void hold(Window window, Random random, int word, long stamp) {
        for (int look = random.nextInt(20); look >= 0; look--) {
            check(window.buffer().getLongVolatile(0) == stamp);
            check(window.buffer().getLongVolatile(word) == stamp);
            Thread.yield();
        }
    }
}
