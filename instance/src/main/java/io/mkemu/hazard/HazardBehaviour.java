// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazard;

/** What a handler of the hazard module does with a message; each notes one record per callback. */
public enum HazardBehaviour {
    /** Checks the message. */
    RECORD,
    /** Checks it, waits for the gate, and looks whether it is still the same. */
    SLOW,
    /** Checks it, then takes its own handler back from inside. */
    UNREGISTER_SELF,
    /** Checks it, then answers to the instance whose id is the sender's CPU: all that the RFC's message tells. */
    ANSWER_TO_CPU,
    /** Checks it, then answers to the instance that owns the sender's CPU. */
    ANSWER_TO_OWNER,
    /** Maps the page whose PFN it carries and notes the page's first word. */
    MAP;

    private static final HazardBehaviour[] ALL = values();

    /**
     * The behaviour of a number.
     *
     * @throws IllegalArgumentException if it is none
     */
    static HazardBehaviour of(long number) {
        if (number < 0 || number >= ALL.length) {
            throw new IllegalArgumentException("behaviour " + number + " is not in 0.." + (ALL.length - 1));
        }
        return ALL[(int) number];
    }
}
