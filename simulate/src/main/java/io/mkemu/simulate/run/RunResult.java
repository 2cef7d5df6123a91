// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import java.util.List;

/**
 * What came of a run.
 *
 * @param seed      of the run
 * @param failure   what was wrong, or null
 * @param points    how many times a CPU, or the supervisor, went on to the next point
 * @param steps     stretches in which one CPU went on without another one between
 * @param delivered messages
 * @param nanos     how much virtual time it took
 * @param faults    those that were done, as text with their steps
 * @param decisions to repeat it
 */
public record RunResult(long seed, Failure failure, long points, int steps, int delivered, long nanos,
                        List<String> faults, Decisions decisions) {
    public RunResult {
        faults = List.copyOf(faults);
    }
}
