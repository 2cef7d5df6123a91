// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import io.mkemu.host.view.Rates;
import io.mkemu.host.view.Snapshot;
import java.util.SortedSet;

/**
 * What one refresh shows. Immutable.
 *
 * @param snapshot   of now
 * @param rates      since the one before
 * @param paused     ids of kernels whose processes stand still
 * @param traceSlots written into trace rings, per second
 * @param traceLost  records that were lost, per second
 */
record Sample(Snapshot snapshot, Rates rates, SortedSet<Integer> paused, double traceSlots, double traceLost) {
    /** The difference of two snapshots of a machine, and which kernels were paused at the later one. */
    static Sample between(Snapshot earlier, Snapshot later, SortedSet<Integer> paused) {
        Rates rates = Rates.between(earlier, later);
        return new Sample(later, rates, paused,
            Math.max(0, later.trace().slots() - earlier.trace().slots()) / rates.seconds(),
            Math.max(0, later.trace().lost() - earlier.trace().lost()) / rates.seconds());
    }
}
