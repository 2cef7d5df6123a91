// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import io.mkemu.abi.BitmapPoolDescriptor;
import io.mkemu.testkit.ChildJvm;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One caller of the stress test, a thread or a process that may be killed at any moment. Shared file:
 * <pre>
 *  0        64             64 + 64*CALLERS                          DATA
 *  +--------+--------------+----------------------------------------+---------------------------------+
 *  | stop   | progress of  | ledgers: SLOTS allocations of each     | pool region | a stamp per granule |
 *  +--------+--------------+----------------------------------------+---------------------------------+
 * </pre>
 * Each granule's stamp goes 0 -> owner -> 0 by compare-and-set; whoever finds another value has seen an overlap.
 */
final class PoolStressProcess {
    static final int CALLERS = 64;
    static final int SLOTS = 8;
    static final int GRANULES = 700;
    static final int MOST = 100;
    static final int ORDER = 12;
    static final long BASE = 0x100_0000;
    static final int POOL = 64 + 64 * CALLERS + 8 * SLOTS * CALLERS;
    static final int POOL_LENGTH = (int) BitmapPoolDescriptor.bytesFor((long) GRANULES << ORDER, ORDER);
    static final int STAMPS = POOL + POOL_LENGTH;
    static final int LENGTH = STAMPS + 8 * GRANULES;
    static final int OVERLAP = 3;

    private final AtomicBuffer memory;
    private final BitmapPool pool;
    private final int caller;
    private final Random random;

    PoolStressProcess(final AtomicBuffer memory, final int caller) {
        this.memory = memory;
        this.caller = caller;
        this.random = new Random(caller);
        this.pool = BitmapPool.attach(memory, POOL, POOL_LENGTH);
    }

    static AtomicBuffer map(final Path file) throws IOException {
        try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
            return new UnsafeBuffer(channel.map(FileChannel.MapMode.READ_WRITE, 0, LENGTH));
        }
    }

    static int progressOffset(final int caller) {
        return 64 + 64 * caller;
    }

    static int ledgerOffset(final int caller, final int slot) {
        return 64 + 64 * CALLERS + 8 * (SLOTS * caller + slot);
    }

    static long stampOf(final int caller) {
        return caller + 1;
    }

    /**
     * Allocates and frees until told to stop, holding on to what it has then. Returns whether nobody else touched it.
     */
    boolean run() {
        boolean alone = true;
        while (alone && memory.getLongVolatile(0) == 0) {
            final int ledger = ledgerOffset(caller, random.nextInt(SLOTS));
            final long held = memory.getLongVolatile(ledger);
            if (held == 0) {
                alone = allocate(ledger);
            } else {
                alone = stamp(held, stampOf(caller), 0);
                memory.putLongVolatile(ledger, 0);
                alone &= pool.free(addressOf(held), sizeOf(held)) == 0;
            }
            memory.getAndAddLong(progressOffset(caller), 1);
        }
        return alone;
    }

    private boolean allocate(final int ledger) {
        final int count = random.nextInt(4) == 0 ? 1 + random.nextInt(MOST) : 1 + random.nextInt(6);
        final long address = pool.alloc((long) count << ORDER, 1L << ORDER + random.nextInt(4));
        if (address == 0) {
            return true;
        }
        final long held = (address >>> ORDER) << 16 | count;
        memory.putLongVolatile(ledger, held);
        return stamp(held, 0, stampOf(caller));
    }

    private boolean stamp(final long held, final long from, final long to) {
        final int first = (int) (addressOf(held) - BASE >>> ORDER);
        for (int granule = first; granule < first + (int) (held & 0xFFFF); granule++) {
            if (!memory.compareAndSetLong(STAMPS + 8 * granule, from, to)) {
                return false;
            }
        }
        return true;
    }

    static long addressOf(final long held) {
        return held >>> 16 << ORDER;
    }

    static long sizeOf(final long held) {
        return (held & 0xFFFF) << ORDER;
    }

    public static void main(final String[] args) throws IOException {
        ChildJvm.endWithParent();
        System.exit(new PoolStressProcess(map(Path.of(args[0])), Integer.parseInt(args[1])).run() ? 0 : OVERLAP);
    }
}
