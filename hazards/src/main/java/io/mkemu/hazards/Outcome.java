// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

/**
 * What came of a hazard with one mailbox.
 *
 * @param tally what was counted, zeros if nothing could be
 * @param shown whether the hazard showed
 * @param note  what else was seen, in a few words; may be empty
 * @param error why nothing can be said, null if it can
 */
record Outcome(Tally tally, boolean shown, String note, String error) {
    /** A hazard with both mailboxes: as the RFC has it, and as mkemu has it. */
    record Pair(Hazard hazard, Outcome singleSlot, Outcome queued) {
        /** Whether it shows where the RFC has it, and nowhere else. */
        boolean asExpected() {
            return singleSlot.error == null && queued.error == null && singleSlot.shown && !queued.shown;
        }
    }

    private static final Tally NOTHING = new Tally(0, 0, 0, 0, 0);

    /** A hazard that was counted. */
    static Outcome of(Tally tally, boolean shown, String note) {
        return new Outcome(tally, shown, note, null);
    }

    /** Nothing can be said. */
    static Outcome failed(String why) {
        return new Outcome(NOTHING, false, "", why);
    }
}
