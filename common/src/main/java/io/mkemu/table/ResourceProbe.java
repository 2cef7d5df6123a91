// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import io.mkemu.os.OsProcess;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A test hook that stops this process, by SIGSTOP to itself, between two steps of a request about CPUs or memory:
 * {@code -Dmkemu.stop_in_plug=STEP}, or {@code STEP:N} for the N-th time. SIGCONT goes on, SIGKILL ends it there.
 * Without the property it costs nothing.
 */
public final class ResourceProbe {
    /** Where a request can be stopped; each step has just been done. */
    public enum Step {
        /** Host: what is to come is in the instance table, and the kernel is asked. */
        ASKED,
        /** Kernel: it has begun. */
        TAKEN,
        /** Kernel: all that can fail is done, and can be undone. */
        PREPARED,
        /** Kernel: it has said that it is done. */
        DONE,
        /** Host: it has seen how it ended, and has not written it down. */
        DECIDED
    }

    /** Name of the system property. */
    public static final String PARAMETER = "mkemu.stop_in_plug";
    private static final String SETTING = System.getProperty(PARAMETER);
    private static final String[] WORDS = SETTING == null ? null : SETTING.split(":", 2);
    private static final Step STOP_AT = WORDS == null ? null : Step.valueOf(WORDS[0].toUpperCase(Locale.ROOT));
    private static final AtomicInteger LEFT =
        new AtomicInteger(WORDS == null || WORDS.length == 1 ? 1 : Integer.parseInt(WORDS[1]));

    private ResourceProbe() {
    }

    /** A step has been done. */
    public static void at(Step step) {
        if (step == STOP_AT && LEFT.decrementAndGet() == 0) {
            OsProcess.stopSelf();
        }
    }
}
