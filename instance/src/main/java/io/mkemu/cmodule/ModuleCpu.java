// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cmodule;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Task;
import java.lang.foreign.Arena;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A module in C on one CPU: what it delivers to, and the task that runs its kthreads, timers and works. That task is
 * there only while C has something to do, since a CPU without tasks is the faster one. Used on that CPU only, but for
 * {@link #end}.
 */
final class ModuleCpu implements Task {
    private final CModule module;
    private final long core;
    private final int number;
    private final UnsafeBuffer message;
    private final UnsafeBuffer told;
    private final UnsafeBuffer payload = new UnsafeBuffer(0L, 0);
    private boolean queued;
    private MkIpiData delivering;
    private volatile boolean inside;
    private volatile boolean ended;

    /**
     * Nothing is to be done yet.
     *
     * @param number logical number of the CPU
     * @param arena  lives as long as the core
     */
    ModuleCpu(CModule module, long core, int number, Arena arena) {
        this.module = module;
        this.core = core;
        this.number = number;
        this.message = new UnsafeBuffer(arena.allocate(MkIpiDataDescriptor.LENGTH, Long.BYTES).address(),
            MkIpiDataDescriptor.LENGTH);
        this.told = new UnsafeBuffer(CoreLibrary.cpu(core, number), CoreDescriptor.CPU_LENGTH);
    }

    /** Delivers a message to a handler. */
    void deliver(MkIpiData data, long token) {
        int sender = data.senderCpu();
        long address = data.slotAddress();
        if (address == 0) {
            int size = data.dataSize();
            message.putInt(MkIpiDataDescriptor.SENDER_CPU_OFFSET, sender);
            message.putInt(MkIpiDataDescriptor.TYPE_OFFSET, data.type());
            message.putLong(MkIpiDataDescriptor.DATA_SIZE_OFFSET, size);
            data.buffer().getBytes(0, message, MkIpiDataDescriptor.BUFFER_OFFSET, size);
            address = message.addressOffset();
        }
        /* Most callbacks ask whom to answer: a call from C to here costs more than to have told it. */
        told.putInt(CoreDescriptor.CPU_SENDER_INSTANCE_OFFSET, module.kernel().instanceOfCpu(sender));
        told.putInt(CoreDescriptor.CPU_SENDER_CPU_OFFSET, sender);
        MkIpiData before = delivering;
        delivering = data;
        CoreLibrary.deliver(core, number, token, address);
        delivering = before;
        told.putInt(CoreDescriptor.CPU_SENDER_CPU_OFFSET, -1);
        if (!queued && told.getIntVolatile(CoreDescriptor.CPU_ATTENTION_OFFSET) != 0) {
            wake();
        }
    }

    /** The message that a handler has just now; null: none. On this CPU. */
    MkIpiData delivering() {
        return delivering;
    }

    /** A view of bytes that C is about to send. */
    DirectBuffer payload(long address, int size) {
        payload.wrap(address, size);
        return payload;
    }

    /** C has something to do on this CPU: it does it soon. */
    void wake() {
        if (!queued && !ended) {
            queued = true;
            module.kernel().startDaemonTask("cpu" + number, this);
        }
    }

    @Override
    public long step() throws Exception {
        /* Said before it looks whether all is over: end waits for who has not seen that. */
        inside = true;
        long wait;
        try {
            if (ended) {
                queued = false;
                return DONE;
            }
            wait = CoreLibrary.run(core, number);
        } finally {
            inside = false;
        }
        Throwable fault = module.takeFault();
        if (fault != null) {
            /* This task fails, and another one goes on. */
            queued = false;
            module.kernel().runOnCpu(number, this::wake);
            throw new ModuleFault(fault);
        }
        if (wait == WAIT && !module.hasTasks()) {
            queued = false;
            return DONE;
        }
        return Math.max(wait, AGAIN);
    }

    /** Nothing is run from now on; the caller waits until {@link #isInside} is false. Any thread. */
    void end() {
        ended = true;
    }

    /** Whether the CPU may be in C now. Any thread. */
    boolean isInside() {
        return inside;
    }
}
