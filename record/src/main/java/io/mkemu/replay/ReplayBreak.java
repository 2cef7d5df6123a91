// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

/**
 * Where a replay stops for a debugger. A JVM that was started with {@code onthrow=} this class begins to listen for one
 * when the first of these is thrown, and goes on when that lets it; in any other JVM nothing happens.
 */
public final class ReplayBreak extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private ReplayBreak(long step) {
        super("step " + step, null, false, false);
    }

    /** Stops before the module's code of a step; "step up" in the debugger leads to where that is called. */
    static void before(long step) {
        try {
            throw new ReplayBreak(step);
        } catch (ReplayBreak over) {
            /* The debugger has let it go on, or there is none. */
            return;
        }
    }
}
