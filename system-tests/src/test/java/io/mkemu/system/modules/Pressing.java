// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.Errno;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * All other instances send {@code pressing.messages} numbered messages to instance 1, one a period, and try each again
 * until it has been taken; those with an odd id wait for room in each try. They say when a send begins to give -ENOSPC
 * and how often it did; instance 1 says what has come of each sender's messages.
 */
public final class Pressing implements KernelModule {
    private static final int RECEIVER = 1;
    private static final int INSTANCES = 256;
    private static final int DATA = 0x50524553;
    private static final int END = DATA + 1;
    private static final int MOST_WORDS = 32;
    private static final long PERIOD_NANOS = 200_000;
    private static final long WAIT_NANOS = 2_000_000;

    private final UnsafeBuffer message = new UnsafeBuffer(new byte[MOST_WORDS * Long.BYTES]);
    private final long[] next = new long[INSTANCES];
    private final long[] lost = new long[INSTANCES];
    private final long[] torn = new long[INSTANCES];
    private final long[] repeated = new long[INSTANCES];
    private Kernel kernel;
    private long messages;
    private long waitNanos;
    private long sent;
    private long refused;
    private boolean full;

    @Override
    public String name() {
        return "pressing";
    }

    @Override
    public void init(Kernel mine) {
        kernel = mine;
        messages = mine.parameter("messages", 1000);
        waitNanos = mine.instanceId() % 2 == 0 ? 0 : WAIT_NANOS;
        if (mine.instanceId() == RECEIVER) {
            mine.registerHandler((data, context) -> data(data), null, DATA);
            mine.registerHandler((data, context) -> end(data), null, END);
        } else {
            mine.startTask("press", this::step);
        }
    }

    /** A message of this number: 1 to 32 words that follow from number and sender; returns its size. */
    private static int write(MutableDirectBuffer to, int sender, long sequence) {
        int words = 1 + (int) Math.floorMod(sequence * 31 + sender, (long) MOST_WORDS);
        for (int word = 0; word < words; word++) {
            to.putLong(word * Long.BYTES, sequence + (sender * 256L + word) * word * 0x9e37_79b9_7f4aL);
        }
        return words * Long.BYTES;
    }

    private void data(MkIpiData data) {
        int sender = kernel.instanceOfCpu(data.senderCpu());
        long sequence = data.dataSize() == 0 ? 0 : data.buffer().getLong(0);
        int size = write(message, sender, sequence);
        if (size != data.dataSize() || !new UnsafeBuffer(message, 0, size).equals(new UnsafeBuffer(data.buffer()))) {
            torn[sender]++;
            return;
        }
        if (sequence < next[sender]) {
            repeated[sender]++;
        } else {
            lost[sender] += sequence - next[sender];
            next[sender] = sequence + 1;
        }
    }

    private void end(MkIpiData data) {
        int sender = kernel.instanceOfCpu(data.senderCpu());
        long last = data.buffer().getLong(0);
        kernel.printk("of " + last + " of instance " + sender + " " + (lost[sender] + last - next[sender]) + " lost, "
            + torn[sender] + " torn, " + repeated[sender] + " repeated");
    }

    private long step() {
        if (sent == 0 && !kernel.isActive(RECEIVER)) {
            return PERIOD_NANOS;
        }
        int result;
        if (sent < messages) {
            int size = write(message, kernel.instanceId(), sent);
            result = kernel.sendIpiDataTimeout(RECEIVER, message, 0, size, DATA, waitNanos);
        } else {
            message.putLong(0, sent);
            result = kernel.sendIpiDataTimeout(RECEIVER, message, 0, Long.BYTES, END, waitNanos);
        }
        if (result == 0) {
            full = false;
            return next();
        }
        if (result != -Errno.ENOSPC) {
            throw new IllegalStateException(Errno.name(result));
        }
        refused++;
        if (!full) {
            full = true;
            kernel.printk("-ENOSPC after " + sent);
        }
        return PERIOD_NANOS;
    }

    private long next() {
        if (sent++ < messages) {
            return PERIOD_NANOS;
        }
        kernel.printk(messages + " sent, refused " + refused + " times");
        return Task.DONE;
    }
}
