// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

/**
 * A hazard with both mailboxes.
 *
 * @param number      1..15
 * @param title       what goes wrong
 * @param function    of the RFC
 * @param explanation one line
 * @param singleSlot  as the RFC has it
 * @param queued      as mkemu has it
 */
public record HazardResult(int number, String title, String function, String explanation, Outcome singleSlot,
                           Outcome queued) {
    /** Whether it shows where the RFC has it, and nowhere else. */
    public boolean asExpected() {
        return singleSlot.error() == null && queued.error() == null && singleSlot.shown() && !queued.shown();
    }
}
