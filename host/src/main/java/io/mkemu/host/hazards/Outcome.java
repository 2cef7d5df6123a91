// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

/**
 * What came of a hazard with one mailbox.
 *
 * @param tally what was counted, zeros if nothing could be
 * @param shown whether the hazard showed
 * @param note  what else was seen, in a few words; may be empty
 * @param error why nothing can be said, null if it can
 */
public record Outcome(Tally tally, boolean shown, String note, String error) {
    private static final Tally NOTHING = new Tally(0, 0, 0, 0, 0);

    /** A hazard that was counted. */
    static Outcome of(Tally tally, boolean shown, String note) {
        return new Outcome(tally, shown, note, null);
    }

    /** A hazard that shows as messages that were told to be sent and did not arrive once and whole. */
    static Outcome of(Tally tally, String note) {
        return of(tally, !tally.clean(), note);
    }

    /** Nothing can be said. */
    static Outcome failed(String why) {
        return new Outcome(NOTHING, false, "", why);
    }

    /** Sends that returned 0. */
    public long sent() {
        return tally.sent();
    }

    /** Different messages that a callback saw as they were sent. */
    public long arrived() {
        return tally.arrived();
    }

    /** Messages that were sent and did not arrive. */
    public long lost() {
        return tally.lost();
    }

    /** Messages seen damaged, and memory that a message damaged. */
    public long torn() {
        return tally.torn();
    }

    /** Callbacks for a message that had been delivered. */
    public long repeated() {
        return tally.repeated();
    }
}
