// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** All instances count up to instance 1 for ever; that one says from where it hears them count, and where they jump. */
public final class Counting implements KernelModule {
    private static final int TYPE = 0x434f554e;
    private static final int RECEIVER = 1;
    private static final long PERIOD_NANOS = 1_000_000;

    private final UnsafeBuffer message = new UnsafeBuffer(new byte[Long.BYTES]);
    private Kernel kernel;
    private long next = -1;
    private long sent;
    private long due = System.nanoTime();

    @Override
    public String name() {
        return "counting";
    }

    @Override
    public void init(Kernel mine) {
        kernel = mine;
        if (mine.instanceId() == RECEIVER) {
            mine.registerHandler((data, context) -> heard(data.buffer().getLong(0, ByteOrder.LITTLE_ENDIAN)), null,
                TYPE);
        } else {
            mine.startTask("count", this::step);
        }
    }

    private void heard(long number) {
        if (number != next) {
            kernel.printk((next < 0 ? "begins at " : "jumps from " + next + " to ") + number);
        }
        next = number + 1;
    }

    private long step() {
        long now = kernel.nanoTime();
        if (now - due < 0) {
            return due - now;
        }
        due = now + PERIOD_NANOS;
        message.putLong(0, sent, ByteOrder.LITTLE_ENDIAN);
        if (kernel.sendIpiData(RECEIVER, message, 0, Long.BYTES, TYPE) == 0) {
            sent++;
        }
        return PERIOD_NANOS;
    }
}
