// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import io.mkemu.trace.MessageId;
import java.util.ArrayDeque;

/**
 * Finds the delivery of each send of one lane. A lane keeps its order, so each side is in the order of its numbers, and
 * once a later one has been matched an earlier one never will be. Bounded memory. Not thread-safe.
 */
final class LaneMatch {
    private static final int MOST_WAITING = 1 << 18;

    /** Takes what was found. */
    interface Matches {
        /** A send and its delivery; one of them is null if the journal does not have it. */
        void found(TraceEntry send, TraceEntry delivery);
    }

    private final ArrayDeque<TraceEntry> sends = new ArrayDeque<>();
    private final ArrayDeque<TraceEntry> deliveries = new ArrayDeque<>();
    private final Matches matches;

    LaneMatch(Matches matches) {
        this.matches = matches;
    }

    /** Takes the next send or delivery of the lane. */
    void add(TraceEntry entry) {
        (entry.isDelivery() ? deliveries : sends).add(entry);
        while (!sends.isEmpty() && !deliveries.isEmpty()) {
            int ahead = (int) (MessageId.number(sends.peek().id()) - MessageId.number(deliveries.peek().id()));
            matches.found(ahead <= 0 ? sends.poll() : null, ahead >= 0 ? deliveries.poll() : null);
        }
        if (sends.size() > MOST_WAITING) {
            matches.found(sends.poll(), null);
        } else if (deliveries.size() > MOST_WAITING) {
            matches.found(null, deliveries.poll());
        }
    }

    /** Gives up on what has found nothing. */
    void end() {
        sends.forEach(send -> matches.found(send, null));
        deliveries.forEach(delivery -> matches.found(null, delivery));
        sends.clear();
        deliveries.clear();
    }
}
