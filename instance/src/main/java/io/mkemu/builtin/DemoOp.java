// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

/** What the coordinator orders; the ordinal travels. */
enum DemoOp {
    /** Learn who takes part. */
    START("start"),
    /** Measure round trips to one peer. */
    PING("round trips"),
    /** Exchange messages with everybody. */
    DATA("messages"),
    /** Share pages with everybody. */
    PAGES("pages"),
    /** Tell the counts. */
    REPORT("report"),
    /** End. Not confirmed. */
    STOP("stop");

    private static final DemoOp[] ALL = values();
    private final String title;

    DemoOp(String title) {
        this.title = title;
    }

    /** The order of this number, or null. */
    static DemoOp of(long number) {
        return number >= 0 && number < ALL.length ? ALL[(int) number] : null;
    }

    @Override
    public String toString() {
        return title;
    }
}
