// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import io.mkemu.hazards.module.HazardPage.Note;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What became of a stretch of numbered messages.
 *
 * @param sent     sends that returned 0
 * @param arrived  different messages of which a callback saw every byte as it was sent
 * @param lost     messages that were sent and did not arrive
 * @param torn     callbacks that saw a message which nobody sent as it was, or which changed under them
 * @param repeated callbacks that saw a message another callback of the same handler had seen
 */
record Tally(long sent, long arrived, long lost, long torn, long repeated) {
    /** Adds up the callbacks of one handler. */
    static Tally of(long sent, List<Note> callbacks) {
        Set<Long> whole = new HashSet<>();
        long torn = 0;
        long repeated = 0;
        for (Note callback : callbacks) {
            if (!callback.whole()) {
                torn++;
            } else if (!whole.add(callback.sequence())) {
                repeated++;
            }
        }
        return new Tally(sent, whole.size(), sent - whole.size(), torn, repeated);
    }

    /** Messages without payload carry no number: each callback counts as one. */
    static Tally ofEmpty(long sent, List<Note> callbacks) {
        long empty = callbacks.stream().filter(callback -> callback.size() == 0 && callback.whole()).count();
        long arrived = Math.min(sent, empty);
        return new Tally(sent, arrived, sent - arrived, callbacks.size() - empty, empty - arrived);
    }

    /** Whether each message arrived once, whole. */
    boolean clean() {
        return lost == 0 && torn == 0 && repeated == 0;
    }

    /** The same with this many torn ones more: what was found damaged outside of any callback. */
    Tally plusTorn(long more) {
        return new Tally(sent, arrived, lost, torn + more, repeated);
    }
}
