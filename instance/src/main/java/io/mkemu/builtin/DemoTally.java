// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.agrona.DirectBuffer;

/** Adds up what the kernels report, and names what is wrong with it. One CPU. */
final class DemoTally {
    private final DemoModule.Parameters parameters;
    private final IntFunction<String> names;
    private final List<String> failures = new ArrayList<>();
    /** By word of STATS. */
    private final long[] sums = new long[STATS_WORDS];
    private long[] samples = new long[1024];
    private int sampleCount;
    private long roundTrips;

    DemoTally(DemoModule.Parameters parameters, IntFunction<String> names) {
        this.parameters = parameters;
        this.names = names;
    }

    /** Something went wrong. */
    void fail(String what) {
        failures.add(what);
    }

    /** A round trip in ns. */
    void sample(long nanos) {
        if (sampleCount == samples.length) {
            samples = Arrays.copyOf(samples, 2 * samples.length);
        }
        samples[sampleCount++] = nanos;
    }

    /** A series of round trips is through. */
    void pinged(int from, int to, long count) {
        roundTrips += count;
        if (count != parameters.pings()) {
            fail("round trips " + pair(from, to) + count + " of " + parameters.pings());
        }
    }

    private String pair(int from, int to) {
        return names.apply(from) + " -> " + names.apply(to) + ": ";
    }

    /** What a kernel counted about a peer: STATS. */
    void stats(int self, DirectBuffer words) {
        long[] stats = new long[STATS_WORDS];
        for (int word = 0; word < STATS_WORDS; word++) {
            stats[word] = Words.get(words, word);
            sums[word] += stats[word];
        }
        int peer = (int) stats[0];
        int messages = parameters.messages();
        if (stats[1] != messages) {
            fail("messages " + pair(self, peer) + stats[1] + " of " + messages + " sent");
        }
        if (stats[2] != messages || stats[3] + stats[4] + stats[5] + stats[6] != 0) {
            fail("messages " + pair(peer, self) + stats[2] + " of " + messages + " delivered, " + stats[3] + " lost, "
                + stats[4] + " torn, " + stats[5] + " repeated, " + stats[6] + " reordered");
        }
        long pages = self == COORDINATOR ? 0 : parameters.pages();
        if (stats[7] != pages || stats[8] != pages) {
            fail("pages " + pair(self, peer) + stats[7] + " of " + pages + " shared, " + stats[8] + " verified");
        }
    }

    /** The result. */
    DemoResult result() {
        if (sampleCount != roundTrips) {
            fail("round trips: " + sampleCount + " samples of " + roundTrips + " reached the host");
        }
        return new DemoResult(failures.isEmpty(), sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7],
            sums[8], Arrays.copyOf(samples, sampleCount), failures);
    }
}
