// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.abi.QueuedMailboxDescriptor;
import io.mkemu.abi.RamLayout;
import io.mkemu.memory.Window;
import org.agrona.DirectBuffer;

/**
 * A lane out and a lane in, and nothing around them, for the budget of a round trip; in its package to reach them. One
 * thread.
 */
public final class BareLanes {
    private static final int TYPE = 7;

    private final QueuedSender sender;
    private final QueuedLane lane;
    private final MkIpiData data = new MkIpiData();

    /**
     * The lanes between two CPUs, each the first one of its instance.
     *
     * @param out the other's area
     * @param in  this one's area
     */
    public BareLanes(Window out, Window in, RamLayout layout, int own, int other) {
        sender = new QueuedSender(out.buffer(), layout.nrCpus(), layout.ipiSlots(), 0, own);
        lane = new QueuedLane(in.buffer(),
            (int) QueuedMailboxDescriptor.laneAt(layout.nrCpus(), layout.ipiSlots(), 0, other), layout.ipiSlots(),
            other);
    }

    /** Publishes a message; 0 or -ENOSPC. */
    public int publish(DirectBuffer payload, int offset, int size) {
        return sender.publish(TYPE, payload, offset, size);
    }

    /** Takes a message if there is one, and says so in head, as a receiver does that has taken all. */
    public int poll(IpiDispatcher.Messages to) {
        if (!lane.next(data)) {
            return 0;
        }
        to.dispatch(data);
        lane.publishHead();
        return 1;
    }
}
