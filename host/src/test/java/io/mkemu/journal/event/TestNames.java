// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

/** Names as a journal would have told them: machine "demo", made at 1000 ns; host (0), web-server (1), database (2). */
public final class TestNames {
    /** When the machine was made, CLOCK_MONOTONIC in ns. */
    public static final long CREATED = 1000;
    /** The same, ns since 1970. */
    public static final long CREATED_UNIX = 1_800_000_000_000_000_000L;

    private TestNames() {
    }

    /** The names; CPU n is of instance n. */
    public static TraceNames demo() {
        TraceNames names = new TraceNames();
        names.machine("demo", CREATED, CREATED_UNIX);
        names.name(1, "web-server");
        names.name(2, "database");
        for (int cpu = 0; cpu < 3; cpu++) {
            names.owns(cpu, cpu);
        }
        return names;
    }
}
