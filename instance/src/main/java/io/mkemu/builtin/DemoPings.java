// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.log.LogLevel;
import io.mkemu.module.Kernel;
import java.util.function.LongConsumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Round trips of 64 bytes to one peer, one outstanding, and the answers to those of others. What was measured goes to
 * the host, message by message as the host acknowledges them. One CPU.
 */
final class DemoPings {
    /** A pong that takes longer than this is taken for lost, ns. */
    private static final long LONGEST = 5_000_000_000L;
    private static final int NOBODY = -1;

    private final Kernel kernel;
    private final DemoWire wire;
    private final LongConsumer hostSamples;
    private final long[] samples;
    private final UnsafeBuffer pong = new UnsafeBuffer(new byte[PING_WORDS * Long.BYTES]);
    private int pongTo = NOBODY;
    private int target = NOBODY;
    private int count;
    private long current;
    private long sentAt;
    private boolean outstanding;
    private int shipped;
    private int shipping;

    /** The samples of this kernel go to the consumer if it is the host. */
    DemoPings(DemoWire wire, int pings, LongConsumer hostSamples) {
        this.kernel = wire.kernel;
        this.wire = wire;
        this.samples = new long[pings];
        this.hostSamples = hostSamples;
    }

    /** Begins a series. */
    void start(int peer) {
        target = peer;
        count = 0;
        shipped = 0;
        shipping = 0;
        outstanding = false;
        next();
    }

    /** Round trips of this series so far. */
    int count() {
        return count;
    }

    /** Goes on where there was no room, gives up on a pong that does not come; returns whether the host has it all. */
    boolean step(boolean targetLost) {
        if (target == NOBODY) {
            return ship();
        }
        if (targetLost || outstanding && kernel.nanoTime() - sentAt > LONGEST) {
            fail("no pong from instance " + target + " for ping " + count);
        } else if (!outstanding) {
            next();
        }
        return false;
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

    private boolean ship() {
        for (; kernel.instanceId() == COORDINATOR && shipped < count; shipped++) {
            hostSamples.accept(samples[shipped]);
        }
        if (shipping == 0 && shipped < count) {
            int some = Math.min(count - shipped, SAMPLES_WORDS - 1);
            wire.put(0, some);
            for (int sample = 0; sample < some; sample++) {
                wire.put(1 + sample, samples[shipped + sample]);
            }
            shipping = wire.send(COORDINATOR, SAMPLES, SAMPLES_WORDS) == -Errno.ENOSPC ? 0 : some;
        }
        return shipped == count;
    }

    /** The host has what was shipped last. */
    void arrived() {
        shipped += shipping;
        shipping = 0;
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
        pong.putBytes(0, words, 0, pong.capacity());
        pongTo = peer;
        answer();
    }

    /** Sends the answer that found no room, if there is one. */
    void answer() {
        if (pongTo != NOBODY && wire.noted(kernel.sendIpiData(pongTo, pong, 0, pong.capacity(), PONG))
            != -Errno.ENOSPC) {
            pongTo = NOBODY;
        }
    }
}
