// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.Errno;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Answers every message of one type to the instance that sent it: same bytes, type + 1.
 *
 * <p>Parameter {@code echo.type}: the type, 0..0xffffffff, default 0x6563686f. An answer that finds its lane full waits
 * its turn in a list of {@value #WAITING}; when that is full too, the answer is dropped and counted; the kernel log
 * says so the first time. Answers keep the order of their questions. All on the boot CPU.
 */
public final class EchoModule implements KernelModule {
    /** Answers that can wait for room at the most. */
    static final int WAITING = 64;
    private static final long DEFAULT_TYPE = 0x6563_686fL;
    private static final long RETRY_NANOS = 200_000;

    private final UnsafeBuffer waiting = new UnsafeBuffer(new byte[WAITING * MkIpiDataDescriptor.MAX_DATA_SIZE]);
    private final int[] targets = new int[WAITING];
    private final int[] sizes = new int[WAITING];
    private Kernel kernel;
    private int answerType;
    private int first;
    private int count;
    private long answered;
    private long dropped;

    @Override
    public String name() {
        return "echo";
    }

    @Override
    public void init(Kernel kernel) {
        this.kernel = kernel;
        long type = BuiltinModules.number(kernel, name(), "type", DEFAULT_TYPE, 0xffff_ffffL);
        this.answerType = (int) type + 1;
        kernel.registerHandler(this::answer, null, (int) type);
    }

    private void answer(MkIpiData question, Object context) {
        int target = kernel.instanceOfCpu(question.senderCpu());
        int result = -Errno.ENOSPC;
        if (count == 0) {
            result = kernel.sendIpiData(target, question.buffer(), 0, question.dataSize(), answerType);
        }
        if (result != -Errno.ENOSPC) {
            note(target, result);
        } else if (count == WAITING) {
            drop(target, result);
        } else {
            keep(target, question);
        }
    }

    private void keep(int target, MkIpiData question) {
        int slot = (first + count) % WAITING;
        targets[slot] = target;
        sizes[slot] = question.dataSize();
        waiting.putBytes(slot * MkIpiDataDescriptor.MAX_DATA_SIZE, question.buffer(), 0, sizes[slot]);
        count++;
        if (count == 1) {
            /* Only while something waits: a run ends when all tasks have ended. */
            kernel.startTask("echo-retry", this::retry);
        }
    }

    private long retry() {
        while (count > 0) {
            int result = kernel.sendIpiData(targets[first], waiting, first * MkIpiDataDescriptor.MAX_DATA_SIZE,
                sizes[first], answerType);
            if (result == -Errno.ENOSPC) {
                return RETRY_NANOS;
            }
            note(targets[first], result);
            first = (first + 1) % WAITING;
            count--;
        }
        return Task.DONE;
    }

    private void note(int target, int result) {
        if (result == 0) {
            answered++;
        } else {
            drop(target, result);
        }
    }

    private void drop(int target, int result) {
        dropped++;
        if (dropped == 1) {
            kernel.printk(LogLevel.WARNING, "answer to instance " + target + " dropped: " + Errno.name(result)
                + (result == -Errno.ENOSPC ? " with " + WAITING + " answers waiting" : "")
                + "; further ones are counted only");
        }
    }

    /** Answers sent so far. */
    public long answered() {
        return answered;
    }

    /** Answers that could not be sent, so far. */
    public long dropped() {
        return dropped;
    }

    @Override
    public void exit() {
        kernel.printk("" + answered + " answered, " + (dropped + count) + " not");
    }
}
