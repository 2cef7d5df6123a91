// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.simulate.fault.Fault;
import java.util.List;

/**
 * All that was decided in a run, beside what its seed gives to the modules as random numbers.
 *
 * @param actors  who went on, stretch by stretch
 * @param lengths for how many choices each
 * @param faults  what was planned
 * @param full    whether lanes had two slots and allocations failed
 * @param coarse  as {@link io.mkemu.simulate.strategy.Strategy#isCoarse}
 */
public record Decisions(int[] actors, int[] lengths, List<Fault> faults, boolean full, boolean coarse) {
    public Decisions {
        faults = List.copyOf(faults);
    }
}
