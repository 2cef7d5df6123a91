// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/** Adds up what the kernels report, and names what is wrong with it. One CPU. */
final class DemoTally {
    private final DemoParameters parameters;
    private final IntFunction<String> names;
    private final List<String> failures = new ArrayList<>();
    private long[] samples = new long[1024];
    private int sampleCount;
    private long roundTrips;
    private long sent;
    private long delivered;
    private long lost;
    private long torn;
    private long repeated;
    private long reordered;
    private long pagesShared;
    private long pagesVerified;

    DemoTally(DemoParameters parameters, IntFunction<String> names) {
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
            fail("round trips " + names.apply(from) + " -> " + names.apply(to) + ": " + count + " of "
                + parameters.pings());
        }
    }

    /** What a kernel counted about a peer. */
    void stats(int from, DemoStats stats) {
        sent += stats.sent();
        delivered += stats.delivered();
        lost += stats.lost();
        torn += stats.torn();
        repeated += stats.repeated();
        reordered += stats.reordered();
        pagesShared += stats.pagesShared();
        pagesVerified += stats.pagesVerified();
        String self = names.apply(from);
        String peer = names.apply(stats.peer());
        long pages = from == DemoModule.COORDINATOR ? 0 : parameters.pages();
        if (stats.sent() != parameters.messages()) {
            fail("messages " + self + " -> " + peer + ": " + stats.sent() + " of " + parameters.messages() + " sent");
        }
        if (stats.delivered() != parameters.messages() || stats.lost() + stats.torn() + stats.repeated()
            + stats.reordered() != 0) {
            fail("messages " + peer + " -> " + self + ": " + stats.delivered() + " of " + parameters.messages()
                + " delivered, " + stats.lost() + " lost, " + stats.torn() + " torn, " + stats.repeated()
                + " repeated, " + stats.reordered() + " reordered");
        }
        if (stats.pagesVerified() != pages || stats.pagesShared() != pages) {
            fail("pages " + self + " -> " + peer + ": " + stats.pagesShared() + " of " + pages + " shared, "
                + stats.pagesVerified() + " verified");
        }
    }

    /** The result. */
    DemoResult result() {
        if (sampleCount != roundTrips) {
            fail("round trips: " + sampleCount + " samples of " + roundTrips + " reached the host");
        }
        return new DemoResult(failures.isEmpty(), sent, delivered, lost, torn, repeated, reordered, pagesShared,
            pagesVerified, Arrays.copyOf(samples, sampleCount), failures);
    }
}
