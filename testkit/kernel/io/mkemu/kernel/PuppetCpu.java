// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static io.mkemu.kernel.PuppetDescriptor.ARGS_OFFSET;
import static io.mkemu.kernel.PuppetDescriptor.DATA_OFFSET;
import static io.mkemu.kernel.PuppetDescriptor.HAS_DATA_OFFSET;
import static io.mkemu.kernel.PuppetDescriptor.KIND_OFFSET;
import static io.mkemu.kernel.PuppetDescriptor.MESSAGE_OFFSET;
import static io.mkemu.kernel.PuppetDescriptor.NUMBER_OFFSET;
import static io.mkemu.kernel.PuppetDescriptor.OP_OFFSET;
import static io.mkemu.kernel.PuppetDescriptor.REPLY_OFFSET;
import static io.mkemu.kernel.PuppetDescriptor.REQUEST_OFFSET;
import static io.mkemu.kernel.PuppetDescriptor.RESULT_OFFSET;
import static io.mkemu.kernel.PuppetDescriptor.UP_OFFSET;
import static io.mkemu.kernel.PuppetDescriptor.VALUE_OFFSET;
import static io.mkemu.kernel.PuppetDescriptor.WANTED_OFFSET;

import io.mkemu.ipi.MkIpiDataViews;
import io.mkemu.memory.Window;
import io.mkemu.module.Task;
import io.mkemu.testkit.Await;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A CPU of a kernel that a test leads by the page between them, as instance/src/test/c/puppet.c has it: a thread of the
 * test that acts as that CPU while the CPU waits for it.
 */
final class PuppetCpu {
    private static final int RUN = 1;
    private static final int HANDLER = 2;
    private static final int GO_ON = 0;
    private static final int SPINS = 200;
    private static final int YIELDS = 2000;
    private static final long PAUSE_NANOS = 20_000;
    private static final long WAIT_NANOS = 100_000;
    private static final ThreadLocal<PuppetCpu> CURRENT = new ThreadLocal<>();

    private final Puppet puppet;
    private final int logical;
    private final Window page;
    private final UnsafeBuffer wire;
    private final Queue<Runnable> work = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private int seen;
    private volatile boolean over;
    private volatile boolean calling;

    PuppetCpu(Puppet puppet, int logical, Window page) {
        this.puppet = puppet;
        this.logical = logical;
        this.page = page;
        this.wire = page.buffer();
        this.thread = Thread.ofPlatform().daemon().name("puppet-" + logical).start(this::lead);
    }

    /** The CPU that the calling thread acts as, or null. */
    static PuppetCpu current() {
        return CURRENT.get();
    }

    Puppet puppet() {
        return puppet;
    }

    int logical() {
        return logical;
    }

    void submit(Runnable what) {
        work.add(what);
        wire.putIntVolatile(WANTED_OFFSET, 1);
    }

    /** After its kernel has ended. */
    void close() throws InterruptedException {
        over = true;
        thread.join();
        page.close();
    }

    private void lead() {
        CURRENT.set(this);
        while (true) {
            await(() -> over || wire.getIntVolatile(UP_OFFSET) != seen, false);
            if (over) {
                return;
            }
            seen = wire.getIntVolatile(UP_OFFSET);
            long result = 0;
            try {
                result = answer(wire.getInt(KIND_OFFSET), wire.getInt(NUMBER_OFFSET));
            } catch (Throwable fault) {
                puppet.failed(fault);
            }
            wire.putInt(OP_OFFSET, GO_ON);
            wire.putLong(ARGS_OFFSET, result);
            wire.putIntVolatile(REQUEST_OFFSET, wire.getInt(REQUEST_OFFSET) + 1);
        }
    }

    private long answer(int kind, int number) throws Exception {
        if (kind == HANDLER) {
            puppet.handle(number, MkIpiDataViews.live(wire, MESSAGE_OFFSET));
            return 0;
        }
        if (kind == RUN) {
            Runnable next = work.poll();
            if (next != null) {
                next.run();
            }
            if (!work.isEmpty()) {
                wire.putIntVolatile(WANTED_OFFSET, 1);
            }
            return 0;
        }
        long wait = puppet.step(number);
        return wait == Task.WAIT ? WAIT_NANOS : wait;
    }

    private static void await(BooleanSupplier holds, boolean soon) {
        long begun = System.nanoTime();
        for (int looks = 0; !holds.getAsBoolean(); looks++) {
            if (looks < SPINS) {
                Thread.onSpinWait();
            } else if (looks < YIELDS) {
                Thread.yield();
            } else {
                LockSupport.parkNanos(PAUSE_NANOS);
                if (soon && System.nanoTime() - begun > Await.WATCHDOG_SECONDS * 1_000_000_000L) {
                    throw new AssertionError("a CPU in C does not answer");
                }
            }
        }
    }

    /** Lets the CPU make a call, and returns its result. By this CPU's thread only. */
    long call(int op, long... args) {
        return call(op, null, 0, 0, args);
    }

    /** As {@link #call(int, long...)}, with bytes; null: none. */
    long call(int op, DirectBuffer data, int offset, int size, long... args) {
        for (int index = 0; index < args.length; index++) {
            wire.putLong(ARGS_OFFSET + index * Long.BYTES, args[index]);
        }
        wire.putLong(HAS_DATA_OFFSET, data == null ? 0 : 1);
        if (data != null && size > 0) {
            wire.putBytes(DATA_OFFSET, data, offset, size);
        }
        wire.putInt(OP_OFFSET, op);
        int request = wire.getInt(REQUEST_OFFSET) + 1;
        wire.putIntVolatile(REQUEST_OFFSET, request);
        calling = true;
        await(() -> wire.getIntVolatile(REPLY_OFFSET) == request, true);
        calling = false;
        return wire.getLong(RESULT_OFFSET);
    }

    /** What a call gave beside its result. */
    long value() {
        return wire.getLong(VALUE_OFFSET);
    }

    /** A word of what a call has read. */
    long word(int index) {
        return wire.getLong(DATA_OFFSET + index * Long.BYTES);
    }

    /** Whether it waits for the end of a call now. Any thread. */
    boolean isCalling() {
        return calling;
    }
}
