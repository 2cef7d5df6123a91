// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazard;

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
}
