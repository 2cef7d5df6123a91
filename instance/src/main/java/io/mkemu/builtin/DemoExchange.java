// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.module.Kernel;

/**
 * The data messages to one peer, and what came from it, counted in bitmaps of sequence numbers. A message that came
 * torn is not lost. Allocates nothing after construction but for the first torn message. One CPU.
 */
final class DemoExchange {
    private static final int BATCH = 64;

    final int peer;
    private final Kernel kernel;
    private final DemoWire wire;
    private final DemoMessage message;
    private final int messages;
    private final long[] intact;
    private long[] damaged = {};
    /** The message expected next: one more than the highest that came. */
    private long next;
    private long announced = -1;
    private long sent;
    private long delivered;
    private long torn;
    private long tornUnknown;
    private long repeated;
    private long reordered;
    private boolean endSent;
    private boolean lost;

    DemoExchange(DemoWire wire, DemoMessage message, int peer, int messages) {
        this.kernel = wire.kernel;
        this.wire = wire;
        this.message = message;
        this.peer = peer;
        this.messages = messages;
        this.intact = new long[(messages + Long.SIZE - 1) / Long.SIZE];
    }

    /** Messages the kernel took, and different messages of the peer that came intact. */
    long exchanged() {
        return sent + delivered;
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

    /** Whether both ways are through. */
    boolean isFinished() {
        return lost || endSent && announced >= 0;
    }

    /** Sends some; returns whether any message went out. */
    boolean step() {
        if (lost || endSent) {
            return false;
        }
        int room = BATCH;
        while (room > 0 && sent < messages) {
            message.encode(kernel.instanceId(), peer, sent);
            if (!accepted(wire.noted(kernel.sendIpiData(peer, message.buffer(), 0, DemoMessage.sizeOf(sent),
                DemoMessage.typeOf(sent))))) {
                return room < BATCH;
            }
            sent++;
            room--;
        }
        if (sent == messages) {
            endSent = accepted(wire.put(0, sent).send(peer, END, END_WORDS));
        }
        return endSent || room < BATCH;
    }

    private boolean accepted(int result) {
        if (result != 0 && result != -Errno.ENOSPC) {
            lose(Errno.name(result));
        }
        return result == 0;
    }

    /** A data message of the peer came. */
    void receive(MkIpiData data) {
        long verified = message.verify(data, peer, kernel.instanceId(), next, messages);
        if (verified == DemoMessage.UNKNOWN) {
            torn++;
            tornUnknown++;
        } else if (verified < 0) {
            torn++;
            damaged = damaged.length == 0 ? new long[intact.length] : damaged;
            mark(damaged, -1 - verified);
        } else if (!mark(intact, verified)) {
            repeated++;
        } else {
            delivered++;
            reordered += verified < next ? 1 : 0;
            next = Math.max(next, verified + 1);
        }
    }

    /** The peer says that it has sent so many and is done. */
    void end(long all) {
        if (all >= 0 && all <= messages) {
            announced = all;
        }
    }

    private static boolean isMarked(long[] bits, int seq) {
        return bits.length > 0 && (bits[seq / Long.SIZE] & 1L << seq % Long.SIZE) != 0;
    }

    private static boolean mark(long[] bits, long seq) {
        boolean fresh = !isMarked(bits, (int) seq);
        bits[(int) seq / Long.SIZE] |= 1L << seq % Long.SIZE;
        return fresh;
    }

    /** Messages that were sent and did not come; of a sender that did not end, those before the last that came. */
    private long missing() {
        long missing = -tornUnknown;
        for (int seq = 0; seq < (announced >= 0 ? announced : next); seq++) {
            missing += isMarked(intact, seq) || isMarked(damaged, seq) ? 0 : 1;
        }
        return Math.max(0, missing);
    }

    /** Tells the coordinator what was counted. */
    int report(DemoPages pages) {
        return wire.put(0, peer).put(1, sent).put(2, delivered).put(3, missing()).put(4, torn).put(5, repeated)
            .put(6, reordered).put(7, pages.shared()).put(8, pages.verified())
            .send(COORDINATOR, STATS, STATS_WORDS);
    }
}
