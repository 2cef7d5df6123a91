// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import io.mkemu.os.OsProcess;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A test hook that stops this process, by SIGSTOP to itself, between two steps of a request about CPUs or memory:
 * {@code -Dmkemu.stop_in_plug=STEP}, or {@code STEP:N} for the N-th time, and as a boot parameter of an instance.
 * SIGCONT goes on, SIGKILL ends it there.
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

    /** Name of the system property and of the boot parameter that sets it. */
    public static final String PARAMETER = "mkemu.stop_in_plug";
    private static final String SETTING = System.getProperty(PARAMETER);
    private static final Step STOP_AT = SETTING == null ? null : step(SETTING);
    private static final AtomicInteger LEFT = new AtomicInteger(SETTING == null ? 0 : time(SETTING));

    private ResourceProbe() {
    }

    private static Step step(String setting) {
        for (Step step : Step.values()) {
            if (step.name().equalsIgnoreCase(setting.replaceFirst(":[1-9][0-9]{0,5}$", ""))) {
                return step;
            }
        }
        throw new IllegalArgumentException(PARAMETER + "=" + setting + " is none of the steps "
            + Arrays.toString(Step.values()).toLowerCase(Locale.ROOT));
    }

    private static int time(String setting) {
        int colon = setting.indexOf(':');
        return colon < 0 ? 1 : Integer.parseInt(setting.substring(colon + 1));
    }

    /**
     * Refuses a setting that is none.
     *
     * @throws IllegalArgumentException in one line
     */
    public static void check(String setting) {
        step(setting);
    }

    /** A step has been done. */
    public static void at(Step step) {
        if (step == STOP_AT && LEFT.decrementAndGet() == 0) {
            OsProcess.stopSelf();
        }
    }
}
