// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import static io.mkemu.bench.mkemu.BenchMessage.*;

import io.mkemu.Errno;
import io.mkemu.bench.contender.Samples;
import io.mkemu.ipi.IpiSender;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Kernel;
import java.util.concurrent.CompletableFuture;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Round trips through the delivery of two kernels, but in a tight loop in the place of their CPUs' own, for the budget
 * of a round trip. Both sides of it; timed as by {@link PingSide}. On the boot CPU.
 *
 * <p>The host orders the instance to begin its loop, pings it once that says so, and ends it by a last number.
 */
final class LoopSide {
    /** Asks an instance to begin its loop. */
    private static final int LOOP = 0x6265_0005;
    private static final int LOOPING = 0x6265_0006;
    private static final int LOOP_PING = 0x6265_0007;
    private static final int LOOP_PONG = 0x6265_0008;
    private static final long END = -1;
    private static final int ORDER_BARE = Long.BYTES;

    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[256]);
    private Kernel kernel;
    /* What is sent by in the place of the kernel's own call, or null. */
    private IpiSender bare;
    private boolean over;
    private CompletableFuture<Void> done;
    private Samples samples;
    private int bytes;
    private long number;
    private long last;
    private long deadline;
    private boolean warm;

    void init(Kernel itsKernel) {
        kernel = itsKernel;
        if (kernel.instanceId() == 0) {
            kernel.registerHandler((data, context) -> begin(), null, LOOPING);
            kernel.registerHandler((data, context) -> pong(data), null, LOOP_PONG);
        } else {
            kernel.registerHandler((data, context) -> order(data), null, LOOP);
            kernel.registerHandler((data, context) -> answer(data), null, LOOP_PING);
        }
    }

    /**
     * Pings instance 1 for some time. Any thread.
     *
     * @param isBare whether both send without the kernel's interface
     */
    CompletableFuture<Void> ping(boolean isBare, int messageBytes, long nanos, Samples into) {
        CompletableFuture<Void> ends = new CompletableFuture<>();
        kernel.runOnCpu(0, () -> {
            bare = isBare ? CpuAccess.sender() : null;
            done = ends;
            samples = into;
            bytes = messageBytes;
            warm = false;
            deadline = kernel.nanoTime() + nanos;
            payload.putLong(ORDER_BARE, isBare ? 1 : 0);
            refused(kernel.sendIpiData(1, payload, 0, ORDER_BARE + Long.BYTES, LOOP));
        });
        return ends;
    }

    private void order(MkIpiData order) {
        bare = order.buffer().getLong(ORDER_BARE) == 0 ? null : CpuAccess.sender();
        over = false;
        kernel.runOnCpu(0, () -> CpuAccess.deliver(this::isOver));
        refused(kernel.sendIpiData(0, payload, 0, Long.BYTES, LOOPING));
    }

    private void begin() {
        over = false;
        kernel.runOnCpu(0, () -> {
            send();
            CpuAccess.deliver(this::isOver);
        });
    }

    private boolean isOver() {
        return over;
    }

    private void answer(MkIpiData ping) {
        refused(send(kernel.instanceOfCpu(ping.senderCpu()), ping.buffer(), ping.dataSize(), LOOP_PONG));
        over = ping.buffer().getLong(0) == END;
    }

    private int send(int instance, DirectBuffer data, int size, int type) {
        return bare != null ? bare.send(instance, type, data, 0, size)
            : kernel.sendIpiData(instance, data, 0, size, type);
    }

    private void send() {
        payload.putLong(0, ++number);
        refused(send(1, payload, bytes, LOOP_PING));
    }

    private void pong(MkIpiData data) {
        long answer = data.buffer().getLong(0);
        if (answer == END) {
            over = true;
            done.complete(null);
        } else if (answer != number) {
            refused(-Errno.EINVAL);
        } else if (samples.count() > 0 && (samples.isFull() || last - deadline >= 0)) {
            payload.putLong(0, END);
            refused(send(1, payload, bytes, LOOP_PING));
        } else {
            send();
            long now = System.nanoTime();
            if (warm) {
                samples.add(now - last);
            }
            warm = true;
            last = now;
        }
    }

    /** What is not 0 ends the measurement, or is told in the kernel's log of an instance. */
    private void refused(int result) {
        if (result != 0) {
            over = true;
            IllegalStateException fault = new IllegalStateException("loop: " + Errno.name(result));
            if (done == null) {
                throw fault;
            }
            done.completeExceptionally(fault);
        }
    }
}
