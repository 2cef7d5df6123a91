// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Kernel;
import java.util.BitSet;
import org.agrona.DirectBuffer;

/**
 * The control messages of the demo. Messages of the right size reach their handler if they come from a kernel that
 * takes part, orders only from the coordinator. What the host sends to itself reaches the handler by a plain call,
 * because a single-slot mailbox does not deliver to its own kernel. One CPU.
 */
final class DemoWire extends Words {
    /** What happens with a message; it may send others only after it has read this one. */
    @FunctionalInterface
    interface Handler {
        void handle(int sender, DirectBuffer words);
    }

    private final Handler[] handlers = new Handler[CONTROL_TYPES];
    private final BitSet peers = new BitSet();
    private boolean full;

    DemoWire(Kernel kernel) {
        super(kernel);
    }

    /** From now on these kernels are heard. */
    void hear(BitSet others) {
        peers.or(others);
    }

    /** Whether this is a kernel that takes part, but not this one. */
    boolean isPeer(long id) {
        return id >= 0 && id < IDS && peers.get((int) id);
    }

    /** Id of the peer that sent a message, or -1: strangers are not heard. */
    int peer(MkIpiData data) {
        int sender = kernel.instanceOfCpu(data.senderCpu());
        return isPeer(sender) ? sender : -1;
    }

    /** Registers the handler of a type whose messages have so many words. */
    void on(int type, int count, Handler handler) {
        handlers[type - ORDER] = handler;
        kernel.registerHandler((data, context) -> {
            int sender = kernel.instanceOfCpu(data.senderCpu());
            if ((type == ORDER ? sender == COORDINATOR : isPeer(sender)) && data.dataSize() == count * Long.BYTES) {
                handler.handle(sender, data.buffer());
            }
        }, null, type);
    }

    /** Whether anything found no room since the last call; it is to be sent again soon. */
    boolean wasFull() {
        boolean was = full;
        full = false;
        return was;
    }

    /** Takes note of what a send returned, and returns it. */
    int noted(int result) {
        full |= result == -Errno.ENOSPC;
        return result;
    }

    @Override
    int send(int target, int type, int count) {
        if (target == kernel.instanceId()) {
            handlers[type - ORDER].handle(target, buffer());
            return 0;
        }
        return noted(super.send(target, type, count));
    }
}
