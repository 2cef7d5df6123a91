// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

/** How coarse this machine's clock is: some processors' counters advance by 10 ns at a time. */
final class ClockStep {
    private static final int READINGS = 1_000_000;
    private static final int LONGEST_NANOS = 1000;
    /* Rounding to whole ns makes two neighbours of one difference. */
    private static final int ROUNDING = 2;
    private static final int RARE = READINGS / 1000;

    private ClockStep() {
    }

    /** Measures it: ns between two values that the clock can have. */
    static int measure() {
        int[] seen = new int[LONGEST_NANOS];
        long last = System.nanoTime();
        for (int reading = 0; reading < READINGS; reading++) {
            long now = System.nanoTime();
            if (now - last < LONGEST_NANOS) {
                seen[(int) (now - last)]++;
            }
            last = now;
        }
        return of(seen);
    }

    /** The step that differences between readings show: from each group of neighbours to the next, the least. */
    static int of(int[] seen) {
        int step = Integer.MAX_VALUE;
        int group = -1;
        int last = -1;
        for (int nanos = 0; nanos < seen.length; nanos++) {
            if (seen[nanos] <= RARE) {
                continue;
            }
            if (last < 0 || nanos - last > ROUNDING) {
                if (group >= 0) {
                    step = Math.min(step, nanos - group);
                }
                group = nanos;
            }
            last = nanos;
        }
        return step == Integer.MAX_VALUE ? 1 : step;
    }
}
