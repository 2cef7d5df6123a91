// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import java.util.BitSet;

/** All ordered pairs of kernels, one after the other. */
final class DemoPairs {
    private final int[] ids;
    private int at = -1;

    DemoPairs(BitSet members) {
        this.ids = members.stream().toArray();
    }

    /** Goes to the next pair of which both are alive; returns whether there is one. */
    boolean next(BitSet alive) {
        do {
            at++;
        } while (at < ids.length * ids.length && (from() == to() || !alive.get(from()) || !alive.get(to())));
        return at < ids.length * ids.length;
    }

    /** The first of the pair. */
    int from() {
        return ids[at / ids.length];
    }

    /** The second of the pair. */
    int to() {
        return ids[at % ids.length];
    }

    /** Pairs before this one. */
    int done() {
        int row = at / ids.length;
        int column = at % ids.length;
        return row * (ids.length - 1) + column - (column > row ? 1 : 0);
    }

    /** Pairs in all. */
    int count() {
        return ids.length * (ids.length - 1);
    }
}
