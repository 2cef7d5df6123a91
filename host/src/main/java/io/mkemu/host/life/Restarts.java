// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.tree.RestartPolicy;
import java.util.function.LongSupplier;

/** The restarts in a row of one instance. Changed under the host's lock, read by any thread. */
public final class Restarts {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final LongSupplier clock;
    private volatile int count;
    private volatile long dueAt;

    /**
     * None yet.
     *
     * @param clock ns
     */
    Restarts(LongSupplier clock) {
        this.clock = clock;
    }

    /** How many there were in a row, the planned one too. */
    public int count() {
        return count;
    }

    /** Whether one is planned. */
    public boolean isPlanned() {
        return dueAt != 0;
    }

    /** ns until the planned one, not negative. */
    public long dueInNanos() {
        return Math.max(0, dueAt - clock.getAsLong());
    }

    /** Plans the next one; whether the policy allows it. */
    public boolean plan(RestartPolicy policy) {
        if (!policy.onFailure() || count >= policy.limit()) {
            return false;
        }
        long due = clock.getAsLong() + policy.delayMillis(count) * NANOS_PER_MILLI;
        /* 0 means none. */
        dueAt = due == 0 ? 1 : due;
        count++;
        return true;
    }

    /** The planned one has begun. */
    void begun() {
        dueAt = 0;
    }

    /** Somebody else decides now: forgets the planned one and those before. */
    public void stop() {
        count = 0;
        dueAt = 0;
    }
}
