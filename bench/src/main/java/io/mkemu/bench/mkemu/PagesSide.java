// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import io.mkemu.Errno;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.bench.contender.Commands.Way;
import io.mkemu.bench.contender.Samples;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * 1 MiB from an instance to the host, both sides. The instance has written all of it anew before each transfer; a
 * transfer ends when all bytes are in an array of the host's. Its beginning is the message's tag: the clock is the same
 * on both sides. On the boot CPUs.
 */
final class PagesSide {
    private static final int PAGES = 256;
    private static final int SIZE = PAGES * Pages.PAGE_SIZE;
    private static final int ORDER = 0x6265_0020;
    private static final int NEXT = 0x6265_0021;
    private static final int KEPT = 0x6265_0022;
    private static final int ENDED = 0x6265_0023;
    private static final int MEASURED_LEAST = 3;
    /* More than caches hold. */
    private static final int COLD_ARRAYS = 64;

    private final byte[] array = new byte[SIZE];
    private final UnsafeBuffer message = new UnsafeBuffer(new byte[Long.BYTES]);
    private Kernel kernel;
    /* The host's. */
    private CompletableFuture<Void> done;
    private Samples samples;
    private Way way;
    private long deadline;
    private Window kept;
    private boolean warm;
    /* The instance's. */
    private long pfn;
    private Window own;
    private byte written;

    void init(Kernel itsKernel) {
        kernel = itsKernel;
        kernel.registerHandler((data, context) -> order(Way.values()[(int) data.buffer().getLong(0)]), null, ORDER);
        kernel.registerHandler((data, context) -> send(), null, NEXT);
        kernel.registerHandler((data, context) -> release(), null, ENDED);
        kernel.registerHandler((data, context) -> receive(data), null, MkIpiDataDescriptor.PAGES_IPI_TYPE);
        kernel.registerHandler((data, context) -> copied(data.buffer().getLong(0), kept), null, KEPT);
    }

    private void say(int instance, int type, long value) {
        message.putLong(0, value);
        int result = kernel.sendIpiData(instance, message, 0, Long.BYTES, type);
        if (result != 0) {
            throw new IllegalStateException("type 0x" + Integer.toHexString(type) + ": " + Errno.name(result));
        }
    }

    /* ---- the host ---- */

    /** Measures for some time; the first transfer, which maps, does not count. */
    CompletableFuture<Void> measure(Way what, long nanos, Samples into) {
        CompletableFuture<Void> ends = new CompletableFuture<>();
        kernel.runOnCpu(0, () -> {
            done = ends;
            samples = into;
            way = what;
            warm = false;
            deadline = kernel.nanoTime() + nanos;
            if (way == Way.MEMCPY || way == Way.COLD) {
                copy();
            } else {
                say(1, ORDER, way.ordinal());
            }
        });
        return ends;
    }

    private void copy() {
        byte[][] from = new byte[way == Way.COLD ? COLD_ARRAYS : 1][SIZE];
        int next = 0;
        for (byte[] one : from) {
            Arrays.fill(one, ++written);
        }
        long now;
        do {
            byte[] one = from[next];
            next = (next + 1) % from.length;
            if (way == Way.MEMCPY) {
                Arrays.fill(one, ++written);
            }
            long begun = kernel.nanoTime();
            System.arraycopy(one, 0, array, 0, SIZE);
            now = kernel.nanoTime();
            samples.add(now - begun);
        } while (goesOn(now));
        Trips.end(done, null);
    }

    private boolean goesOn(long now) {
        return samples.count() < MEASURED_LEAST || !samples.isFull() && now - deadline < 0;
    }

    private void receive(MkIpiData data) {
        long begun = kernel.receivePages(data).tag();
        Window window = kernel.receiveMapPages(data);
        if (way == Way.KEPT) {
            kept = window;
        }
        copied(begun, window);
    }

    private void copied(long begun, Window window) {
        window.buffer().getBytes(0, array);
        if (way != Way.KEPT) {
            kernel.receiveUnmapPage(window);
        }
        long now = kernel.nanoTime();
        if (warm) {
            samples.add(now - begun);
        }
        warm = true;
        if (array[0] != array[SIZE - 1]) {
            throw new IllegalStateException("the bytes are not those that were sent");
        }
        if (goesOn(now)) {
            say(1, NEXT, 0);
            return;
        }
        if (kept != null) {
            kernel.receiveUnmapPage(kept);
            kept = null;
        }
        say(1, ENDED, 0);
        Trips.end(done, null);
    }

    /* ---- the instance ---- */

    private void order(Way what) {
        way = what;
        warm = false;
        send();
    }

    private void send() {
        if (own == null) {
            pfn = kernel.allocPages(PAGES);
            if (pfn < 0) {
                throw new IllegalStateException("allocPages: " + Errno.name((int) pfn));
            }
            own = kernel.memremap(Pages.address(pfn), SIZE);
        }
        written++;
        Arrays.fill(array, written);
        long begun = kernel.nanoTime();
        own.buffer().putBytes(0, array);
        if (way != Way.WHOLE) {
            begun = kernel.nanoTime();
        }
        if (way == Way.KEPT && warm) {
            say(0, KEPT, begun);
        } else {
            int result = kernel.sendPages(0, pfn, PAGES, begun);
            if (result != 0) {
                throw new IllegalStateException("sendPages: " + Errno.name(result));
            }
        }
        warm = true;
    }

    private void release() {
        if (own != null) {
            own.close();
            own = null;
            int result = kernel.freePages(pfn, PAGES);
            if (result != 0) {
                throw new IllegalStateException("freePages: " + Errno.name(result));
            }
        }
    }
}
