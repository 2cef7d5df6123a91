// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards.module;

/** What the conductor of {@code mk hazards} asks of a kernel; the ordinal stands in the page. Arguments in brackets. */
public enum HazardOrder {
    /** Nothing: a kernel that answers takes interrupts and runs tasks. */
    PING,
    /** Register a handler [behaviour ordinal, type, tag]. */
    LISTEN,
    /** Take back all handlers. */
    UNLISTEN,
    /** Send checked messages [instance, physical CPU or -1, type, size, count, first sequence]. */
    SEND,
    /** Send a PFN without asking whose page it is, as mk_send_pfn does [instance, pfn]. */
    SEND_PFN,
    /** Take no interrupts until the gate opens. */
    HOLD;

    private static final HazardOrder[] ALL = values();

    /** The order of a number, or null if it is none. */
    static HazardOrder of(int number) {
        return number >= 0 && number < ALL.length ? ALL[number] : null;
    }

    /** What a handler of the hazard module does with a message; each notes one record per callback. */
    public enum Behaviour {
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

        private static final Behaviour[] ALL = values();

        /**
         * The behaviour of a number.
         *
         * @throws IllegalArgumentException if it is none
         */
        static Behaviour of(long number) {
            if (number < 0 || number >= ALL.length) {
                throw new IllegalArgumentException("behaviour " + number + " is not in 0.." + (ALL.length - 1));
            }
            return ALL[(int) number];
        }
    }
}
