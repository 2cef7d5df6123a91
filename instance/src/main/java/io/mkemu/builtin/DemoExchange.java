// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.Errno;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.module.Kernel;

/** The data traffic with one peer, both ways. Allocates nothing after construction. One CPU. */
final class DemoExchange {
    private static final int BATCH = 64;

    private final Kernel kernel;
    private final DemoWire wire;
    private final DemoMessage message;
    private final int peer;
    private final DemoInbox inbox;
    private long sent;
    private boolean endSent;
    private boolean blocked;
    private boolean lost;

    DemoExchange(Kernel kernel, DemoWire wire, DemoMessage message, int peer, int messages) {
        this.kernel = kernel;
        this.wire = wire;
        this.message = message;
        this.peer = peer;
        this.inbox = new DemoInbox(messages);
    }

    int peer() {
        return peer;
    }

    DemoInbox inbox() {
        return inbox;
    }

    /** Messages the kernel took. */
    long sent() {
        return sent;
    }

    /** Whether the peer is gone, and with it what was to be exchanged. */
    boolean isLost() {
        return lost;
    }

    /** The peer is gone, for this reason. */
    void lose(String why) {
        if (!lost) {
            lost = true;
            kernel.printk(LogLevel.WARNING, "no more exchange with instance " + peer + ": " + why);
        }
    }

    /** Whether the last step found the lane full. */
    boolean isBlocked() {
        return blocked;
    }

    /** Whether both ways are through. */
    boolean isFinished() {
        return lost || endSent && inbox.ended();
    }

    /** Sends some; returns whether any message went out. */
    boolean step() {
        blocked = false;
        if (lost || endSent) {
            return false;
        }
        int room = BATCH;
        while (room > 0 && sent < inbox.messages()) {
            message.encode(kernel.instanceId(), peer, sent);
            if (!accepted(kernel.sendIpiData(peer, message.buffer(), 0, DemoMessage.sizeOf(sent),
                DemoMessage.typeOf(sent)))) {
                return room < BATCH;
            }
            sent++;
            room--;
        }
        if (sent == inbox.messages()) {
            endSent = accepted(wire.put(0, sent).send(peer, DemoDescriptor.END, 1));
        }
        return endSent || room < BATCH;
    }

    private boolean accepted(int result) {
        blocked = result == -Errno.ENOSPC;
        if (result != 0 && !blocked) {
            lose(Errno.name(result));
        }
        return result == 0;
    }

    /** A data message of the peer came. */
    void receive(MkIpiData data) {
        inbox.count(message.verify(data, peer, kernel.instanceId(), inbox.next(), inbox.messages()));
    }
}
