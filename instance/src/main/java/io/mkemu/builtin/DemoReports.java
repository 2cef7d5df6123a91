// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.Errno;

/** How a kernel of the demo tells the coordinator; what returns false found no room and is to be said again. */
interface DemoReports {
    /** An order has been carried out. */
    boolean done(DemoOp op, long argument, long value);

    /** What was counted about a peer. */
    boolean stats(DemoStats stats);

    /**
     * That something goes on. May get lost.
     *
     * @param work     grows with whatever is done
     * @param messages data messages sent and received
     */
    void progress(long work, long messages);

    /** Reports by messages to the host. */
    static DemoReports over(DemoWire wire) {
        return new DemoReports() {
            @Override
            public boolean done(DemoOp op, long argument, long value) {
                return wire.put(0, op.ordinal()).put(1, argument).put(2, value)
                    .send(DemoModule.COORDINATOR, DONE, DONE_WORDS) != -Errno.ENOSPC;
            }

            @Override
            public boolean stats(DemoStats stats) {
                return stats.send(wire, DemoModule.COORDINATOR) != -Errno.ENOSPC;
            }

            @Override
            public void progress(long work, long messages) {
                wire.put(0, work).put(1, messages).send(DemoModule.COORDINATOR, PROGRESS, PROGRESS_WORDS);
            }
        };
    }
}
