// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.module.Kernel;

/**
 * What the demo is to do. The host's command line decides; the coordinator tells the instances.
 *
 * @param messages {@code demo.messages}: messages per direction of each pair, 0..100,000,000
 * @param pages    {@code demo.pages}: pages each instance shares with each other kernel, 0..100,000
 * @param pings    {@code demo.pings}: round trips from each kernel to each other, 0..100,000
 * @param patience {@code demo.timeout} in ns: without any progress for so long, a phase has failed; 1 s .. 1 h
 */
record DemoParameters(int messages, int pages, int pings, long patience) {
    static final int MOST_MESSAGES = 100_000_000;
    static final int MOST_PAGES = 100_000;
    static final int MOST_PINGS = 100_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /**
     * Reads the parameters of a kernel's command line.
     *
     * @throws IllegalArgumentException with one line that names parameter, value and range
     */
    static DemoParameters of(Kernel kernel) {
        long seconds = BuiltinModules.number(kernel, "demo", "timeout", 60, 3600);
        if (seconds == 0) {
            throw new IllegalArgumentException("demo.timeout=0: expected seconds, 1..3600");
        }
        return new DemoParameters((int) BuiltinModules.number(kernel, "demo", "messages", 1000, MOST_MESSAGES),
            (int) BuiltinModules.number(kernel, "demo", "pages", 4, MOST_PAGES),
            (int) BuiltinModules.number(kernel, "demo", "pings", 200, MOST_PINGS), seconds * NANOS_PER_SECOND);
    }

    /** Whether another kernel may have asked for this. */
    static boolean isValid(long messages, long pages, long pings) {
        return messages >= 0 && messages <= MOST_MESSAGES && pages >= 0 && pages <= MOST_PAGES && pings >= 0
            && pings <= MOST_PINGS;
    }
}
