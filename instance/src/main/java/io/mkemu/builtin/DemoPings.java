// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.module.Kernel;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Round trips of 64 bytes to one peer, one outstanding, and the answers to those of others. One CPU. */
final class DemoPings {
    /** A pong that takes longer than this is taken for lost, ns. */
    static final long LONGEST = 5_000_000_000L;
    private static final int NOBODY = -1;

    private final Kernel kernel;
    private final DemoWire wire;
    private final long[] samples;
    private final UnsafeBuffer pong = new UnsafeBuffer(new byte[PING_WORDS * Long.BYTES]);
    private int pongTo = NOBODY;
    private int target = NOBODY;
    private int count;
    private long current;
    private long sentAt;
    private boolean outstanding;

    DemoPings(Kernel kernel, DemoWire wire, int pings) {
        this.kernel = kernel;
        this.wire = wire;
        this.samples = new long[pings];
    }

    /** Begins a series. */
    void start(int peer) {
        target = peer;
        count = 0;
        outstanding = false;
        next();
    }

    /** Round trips of this series so far, ns: {@link #count} values. */
    long[] samples() {
        return samples;
    }

    /** Round trips of this series so far. */
    int count() {
        return count;
    }

    /** Whether the series goes on. */
    boolean isRunning() {
        return target != NOBODY;
    }

    /** Whether something waits for room in a lane. */
    boolean isBlocked() {
        return pongTo != NOBODY || isRunning() && !outstanding;
    }

    /** Goes on where there was no room, and gives up on a pong that does not come. */
    void step(boolean targetLost) {
        if (pongTo != NOBODY) {
            answer(pongTo, pong);
        }
        if (!isRunning()) {
            return;
        }
        if (targetLost || outstanding && kernel.nanoTime() - sentAt > LONGEST) {
            kernel.printk(LogLevel.ERR, "no pong from instance " + target + " for ping " + count);
            target = NOBODY;
        } else if (!outstanding) {
            next();
        }
    }

    private void next() {
        if (count == samples.length) {
            target = NOBODY;
            return;
        }
        current++;
        wire.put(0, current);
        for (int word = 1; word < PING_WORDS; word++) {
            wire.put(word, DemoMessage.mix(current + word));
        }
        sentAt = kernel.nanoTime();
        int result = wire.send(target, PING, PING_WORDS);
        outstanding = result == 0;
        if (result != 0 && result != -Errno.ENOSPC) {
            kernel.printk(LogLevel.ERR, "ping to instance " + target + ": " + Errno.name(result));
            target = NOBODY;
        }
    }

    /** A peer answered. */
    void pong(int peer, MkIpiData data) {
        long now = kernel.nanoTime();
        if (peer != target || !outstanding || !DemoWire.has(data, PING_WORDS) || DemoWire.word(data, 0) != current) {
            return;
        }
        for (int word = 1; word < PING_WORDS; word++) {
            if (DemoWire.word(data, word) != DemoMessage.mix(current + word)) {
                kernel.printk(LogLevel.ERR, "torn pong from instance " + peer);
                target = NOBODY;
                return;
            }
        }
        samples[count++] = now - sentAt;
        outstanding = false;
        next();
    }

    /** A peer asks. */
    void ping(int peer, MkIpiData data) {
        if (DemoWire.has(data, PING_WORDS) && !answer(peer, data.buffer())) {
            pong.putBytes(0, data.buffer(), 0, pong.capacity());
            pongTo = peer;
        }
    }

    private boolean answer(int peer, DirectBuffer words) {
        if (kernel.sendIpiData(peer, words, 0, PING_WORDS * Long.BYTES, PONG) == -Errno.ENOSPC) {
            return false;
        }
        pongTo = NOBODY;
        return true;
    }
}
