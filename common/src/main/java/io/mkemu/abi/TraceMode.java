// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

import java.util.Locale;

/** How much a machine records: {@code trace=}. Each mode records what those before it do, and more. */
public enum TraceMode {
    /** Nothing. */
    OFF,
    /** States, boot steps, log lines, faults. */
    LIFECYCLE,
    /** Also sends, doorbells, interrupts, callbacks, sleeps, shared pages, pool allocations. */
    IPI,
    /** Also payloads, task steps and what the kernel answered its modules: all that a replay needs. */
    ALL;

    /** The mode's name as users write it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The mode of a name.
     *
     * @throws IllegalArgumentException for another name, in one line
     */
    public static TraceMode of(String name) {
        for (TraceMode mode : values()) {
            if (mode.label().equals(name)) {
                return mode;
            }
        }
        throw new IllegalArgumentException(
            "trace=" + name + " is not a trace mode; use trace=off, trace=lifecycle, trace=ipi or trace=all");
    }
}
