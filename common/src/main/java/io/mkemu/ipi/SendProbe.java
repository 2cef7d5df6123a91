// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.os.OsProcess;
import java.util.Arrays;
import java.util.Locale;

/**
 * A test hook that stops this process, by SIGSTOP to itself, in the middle of a send: what shows how peers fare when a
 * kernel dies, or sleeps, between two stores. {@code -Dmkemu.stop_in_send=STEP:N} stops at that step of the N-th send
 * of each thread; SIGCONT goes on, SIGKILL ends it there. Without the property the hook costs nothing.
 */
public final class SendProbe {
    /** Where a send can be stopped; each step has just been done. */
    public enum Step {
        /** Single-slot: the slot has been cleared. */
        CLEARED,
        /** The size has been written (queued: the place behind the record has been cleared). */
        SIZE,
        /** The type has been written (queued: as SIZE; size and type are published with the message). */
        TYPE,
        /** The payload has been written. */
        PAYLOAD,
        /** The message can be seen, its lane has not been marked and nobody has been rung. */
        PUBLISHED,
        /** Queued: the lane has been marked as rung, the vector has not been raised. */
        MARKED,
        /** The vector has been raised and the target woken. */
        RUNG
    }

    /** Name of the system property and of the boot parameter that sets it. */
    public static final String PARAMETER = "mkemu.stop_in_send";

    /**
     * Name of the system property of a process that simulates machines: each step of a send is a
     * {@link io.mkemu.os.Platform#point} there.
     */
    public static final String SIMULATION = "mkemu.simulation";

    private static final ThreadLocal<Runnable> POINTS = new ThreadLocal<>();
    private static final boolean SIMULATED = Boolean.getBoolean(SIMULATION);
    private static final String SETTING = System.getProperty(PARAMETER);
    private static final boolean ENABLED = SETTING != null || SIMULATED;
    private static final Step STOP_AT = SETTING != null ? step(SETTING) : null;
    private static final long STOP_ON = SETTING != null ? occasion(SETTING) : 0;
    private static final ThreadLocal<long[]> PASSES = ThreadLocal.withInitial(() -> new long[1]);

    private SendProbe() {
    }

    /**
     * Refuses a setting that is none.
     *
     * @throws IllegalArgumentException in one line
     */
    public static void check(String setting) {
        step(setting);
        occasion(setting);
    }

    private static Step step(String setting) {
        for (Step step : Step.values()) {
            if (setting.toUpperCase(Locale.ROOT).startsWith(step.name() + ":")) {
                return step;
            }
        }
        throw new IllegalArgumentException(PARAMETER + "=" + setting + " is not STEP:N with a step of "
            + Arrays.toString(Step.values()).toLowerCase(Locale.ROOT));
    }

    private static long occasion(String setting) {
        String number = setting.substring(setting.indexOf(':') + 1);
        if (!number.matches("[1-9][0-9]{0,17}")) {
            throw new IllegalArgumentException(
                PARAMETER + "=" + setting + " is not STEP:N with N 1 or more: which send to stop in");
        }
        return Long.parseLong(number);
    }

    /**
     * Says what runs at each step of the sends of this thread.
     *
     * @param point null for nothing
     * @throws IllegalStateException if this process was not started with {@link #SIMULATION}
     */
    public static void points(Runnable point) {
        if (!SIMULATED) {
            throw new IllegalStateException("the process was started without -D" + SIMULATION + "=true");
        }
        POINTS.set(point);
    }

    static void at(Step step) {
        if (ENABLED) {
            reached(step);
        }
    }

    private static void reached(Step step) {
        Runnable point = SIMULATED ? POINTS.get() : null;
        if (point != null) {
            point.run();
        } else if (step == STOP_AT && ++PASSES.get()[0] == STOP_ON) {
            OsProcess.stopSelf();
        }
    }
}
