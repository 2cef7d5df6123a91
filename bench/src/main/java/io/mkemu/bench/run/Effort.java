// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import java.util.List;

/**
 * How much is measured.
 *
 * @param name       for the report
 * @param warmMillis of one window of a warm-up, for each size or mode
 * @param warmMost   ms after which a contender's warm-up ends, stable or not
 * @param rounds     of round trips, each contender in turn in each
 * @param tripMillis of round trips in a round
 * @param rateRounds of one-way messages
 * @param rateMillis of one-way messages in a round
 * @param rateBytes  sizes of one-way messages
 * @param senders    how many send at once, ascending
 * @param idleMillis for which a machine is left alone
 * @param boots      of instances
 * @param verbs      runs of each verb of the command line
 * @param sweeps     rounds of simulating, with one thread and with all
 * @param sweepMillis of simulating in a round
 */
public record Effort(String name, long warmMillis, long warmMost, int rounds, long tripMillis, int rateRounds,
                     long rateMillis, List<Integer> rateBytes, List<Integer> senders, long idleMillis,
                     int boots, int verbs, int sweeps, long sweepMillis) {
    /** Sizes of messages there and back. */
    public static final List<Integer> BYTES = List.of(8, 64, 256);
    /** The size that everything is compared at. */
    public static final int USUAL_BYTES = 64;
    /** What goes by pages. */
    public static final int MEBIBYTE = 1 << 20;

    /** Numbers to publish. */
    public static final Effort FULL = new Effort("full", 100, 10_000, 10, 200, 3, 200, BYTES, List.of(1, 2, 4),
        2000, 12, 20, 10, 2000);
    /** About two minutes. */
    public static final Effort QUICK = new Effort("quick", 40, 3000, 3, 60, 2, 60, List.of(USUAL_BYTES),
        List.of(1, 2, 4), 500, 10, 10, 5, 1000);
    /** Whether it works; the numbers mean nothing. */
    public static final Effort SMOKE = new Effort("smoke", 10, 0, 1, 10, 1, 60, List.of(USUAL_BYTES), List.of(2), 100,
        1, 1, 1, 100);
}
