// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.dts.Text;

/**
 * Whether, how often and how soon an instance that failed is started again. Immutable.
 *
 * @param onFailure   whether it is started again at all
 * @param limit       restarts in a row before it stays failed, 0..1000; 0 if it is never started again, so that
 *                    {@code restart < limit} alone tells whether there is a restart with that 0-based number
 * @param delayMillis milliseconds before the first restart in a row, 1..60000; 0 if it is never started again
 */
public record RestartPolicy(boolean onFailure, int limit, long delayMillis) {

    /** The highest limit. */
    public static final int MAX_LIMIT = 1000;

    /** The limit if none is given. */
    public static final int DEFAULT_LIMIT = 5;

    /** The longest first delay in milliseconds. */
    public static final int MAX_DELAY_MILLIS = 60_000;

    /** The first delay in milliseconds if none is given. */
    public static final int DEFAULT_DELAY_MILLIS = 100;

    /** The delay does not double beyond this many milliseconds. */
    public static final int MAX_BACKOFF_MILLIS = 10_000;

    /** A failed instance stays failed. */
    public static final RestartPolicy NEVER = new RestartPolicy(false, 0, 0);

    /** A failed instance is started again, with the default limit and delay. */
    public static final RestartPolicy ON_FAILURE = new RestartPolicy(true, DEFAULT_LIMIT, DEFAULT_DELAY_MILLIS);

    static final String NEVER_TEXT = "never";
    static final String ON_FAILURE_TEXT = "on-failure";

    /** @throws IllegalArgumentException if a value is out of its range */
    public RestartPolicy {
        if (!onFailure && (limit != 0 || delayMillis != 0)) {
            throw new IllegalArgumentException("restart limit " + limit + " and delay " + delayMillis
                    + " ms of an instance that is never restarted: both must be 0");
        }
        if (limit < 0 || limit > MAX_LIMIT) {
            throw new IllegalArgumentException("restart limit " + limit + " is not in 0.." + MAX_LIMIT);
        }
        if (onFailure && (delayMillis < 1 || delayMillis > MAX_DELAY_MILLIS)) {
            throw new IllegalArgumentException("restart delay " + delayMillis + " ms is not in 1.."
                    + MAX_DELAY_MILLIS);
        }
    }

    /**
     * The policy of a command line's {@code never}, {@code on-failure} or {@code on-failure:LIMIT}, LIMIT decimal in
     * 0..1000; the delay is the default one.
     *
     * @throws IllegalArgumentException if it is none of these, in one line
     */
    public static RestartPolicy of(String text) {
        if (text.equals(NEVER_TEXT)) {
            return NEVER;
        }
        if (text.equals(ON_FAILURE_TEXT)) {
            return ON_FAILURE;
        }
        String prefix = ON_FAILURE_TEXT + ":";
        String limit = text.startsWith(prefix) ? text.substring(prefix.length()) : "";
        if (!limit.matches("0|[1-9][0-9]{0,3}") || Integer.parseInt(limit) > MAX_LIMIT) {
            throw new IllegalArgumentException(Text.quote(text) + " is not a restart policy; use never, on-failure or "
                    + "on-failure:LIMIT with LIMIT in 0.." + MAX_LIMIT + ", as on-failure:" + DEFAULT_LIMIT);
        }
        return new RestartPolicy(true, Integer.parseInt(limit), DEFAULT_DELAY_MILLIS);
    }

    /**
     * How long to wait before one of several restarts in a row: the first delay, doubled with each restart up to
     * 10 s. A first delay above 10 s stays as it is. 0 if the instance is never started again.
     *
     * @param restart 0 for the first restart in a row; any number from 0, the limit is not looked at
     * @return milliseconds, 0..60000
     * @throws IllegalArgumentException if the number is negative
     */
    public long delayMillis(int restart) {
        if (restart < 0) {
            throw new IllegalArgumentException("restart " + restart + " in a row: counted from 0");
        }
        // A delay is below 2^16, so this shift loses no bit and is past 10 s for the shortest delay.
        return Math.min(Math.max(delayMillis, MAX_BACKOFF_MILLIS), delayMillis << Math.min(restart, 32));
    }

    /** As {@link #of} reads it; it does not tell the delay. */
    @Override
    public String toString() {
        return onFailure ? ON_FAILURE_TEXT + ":" + limit : NEVER_TEXT;
    }
}
