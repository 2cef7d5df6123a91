// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import static io.mkemu.bench.mkemu.BenchMessage.*;

import io.mkemu.Errno;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.module.Kernel;
import io.mkemu.module.Task;
import org.agrona.concurrent.UnsafeBuffer;

/** An instance's side: answers pings, and sends what it is ordered to. All on its boot CPU. */
final class AnswerSide {
    private static final int BATCH = 64;

    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[256]);
    private Kernel kernel;
    private long run;
    private long number;
    private long nanos;
    private long deadline;
    private int bytes;
    private boolean yields;

    void init(Kernel itsKernel) {
        kernel = itsKernel;
        kernel.registerHandler((data, context) -> answer(data), null, PING);
        kernel.registerHandler((data, context) -> order(data), null, ORDER);
    }

    private void answer(MkIpiData ping) {
        int asker = kernel.instanceOfCpu(ping.senderCpu());
        int result = kernel.sendIpiData(asker, ping.buffer(), 0, ping.dataSize(), PONG);
        if (result != 0) {
            kernel.printkRatelimited(LogLevel.ERR, "answer: " + Errno.name(result));
        }
    }

    private void order(MkIpiData order) {
        long ordered = order.buffer().getLong(ORDER_RUN);
        if (order.dataSize() != ORDER_LENGTH || ordered == run) {
            return;
        }
        run = ordered;
        nanos = order.buffer().getLong(ORDER_NANOS);
        bytes = order.buffer().getInt(ORDER_BYTES);
        yields = order.buffer().getInt(ORDER_YIELDS) != 0;
        number = 0;
        deadline = kernel.nanoTime() + nanos;
        kernel.startTask("flood", this::send);
    }

    private long send() {
        for (int count = 0; count < BATCH; count++) {
            payload.putLong(0, run << RUN_SHIFT | number + 1);
            int result = kernel.sendIpiData(0, payload, 0, bytes, DATA);
            if (result == -Errno.ENOSPC) {
                if (yields) {
                    Thread.yield();
                }
                break;
            }
            if (result != 0) {
                throw new IllegalStateException("send: " + Errno.name(result));
            }
            number++;
        }
        return kernel.nanoTime() - deadline < 0 ? Task.AGAIN : Task.DONE;
    }
}
