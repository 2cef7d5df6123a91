// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.log.LogLevel;
import io.mkemu.module.Kernel;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Round trips of 64 bytes to one peer, one outstanding, and the answers to those of others. One CPU. */
final class DemoPings {
    /** A pong that takes longer than this is taken for lost, ns. */
    private static final long LONGEST = 5_000_000_000L;
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

    DemoPings(DemoWire wire, int pings) {
        this.kernel = wire.kernel;
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
        if (isRunning() && (targetLost || outstanding && kernel.nanoTime() - sentAt > LONGEST)) {
            fail("no pong from instance " + target + " for ping " + count);
        } else if (isRunning() && !outstanding) {
            next();
        }
    }

    private void fail(String why) {
        kernel.printk(LogLevel.ERR, why);
        target = NOBODY;
    }

    private void next() {
        if (count == samples.length) {
            target = NOBODY;
            return;
        }
        current++;
        wire.put(0, current);
        for (int word = 1; word < PING_WORDS; word++) {
            wire.put(word, Words.mix(current + word));
        }
        sentAt = kernel.nanoTime();
        int result = wire.send(target, PING, PING_WORDS);
        outstanding = result == 0;
        if (result != 0 && result != -Errno.ENOSPC) {
            fail("ping to instance " + target + ": " + Errno.name(result));
        }
    }

    /** A peer answered. */
    void pong(int peer, DirectBuffer words) {
        long now = kernel.nanoTime();
        if (peer != target || !outstanding || Words.get(words, 0) != current) {
            return;
        }
        for (int word = 1; word < PING_WORDS; word++) {
            if (Words.get(words, word) != Words.mix(current + word)) {
                fail("torn pong from instance " + peer);
                return;
            }
        }
        samples[count++] = now - sentAt;
        outstanding = false;
        next();
    }

    /** A peer asks. */
    void ping(int peer, DirectBuffer words) {
        if (!answer(peer, words)) {
            pong.putBytes(0, words, 0, pong.capacity());
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
