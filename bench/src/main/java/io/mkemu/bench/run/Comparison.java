// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import java.util.List;
import java.util.Locale;

/** What is measured of mkemu alone, on machines that take part in nothing else. */
public enum Comparison {
    /** Round trips with each mode of tracing, on one machine. */
    TRACE(List.of(Contender.TRACED)),
    /** Round trips without and with mk top beside them, on one machine. */
    TOP(List.of(Contender.WATCHED)),
    /** Round trips through ever more of what an IPI goes through. */
    BUDGET(Contender.LAYERS),
    /** Round trips of two kernels beside instances that are there and do not run. */
    CROWD(Contender.CROWDS),
    /** How long instances take to boot, and what they occupy then. */
    BOOT(List.of(Contender.BOOT)),
    /** How long the verbs of the command line take, beside a JVM that prints a line. */
    VERBS(List.of(Contender.VERBS)),
    /** 1 MiB of pages from kernel to kernel, in turns with a copy of it in one process. */
    PAGES(List.of(Contender.PAGED)),
    /** How fast a machine is simulated, by one thread and by all. */
    SIMULATE(List.of(Contender.SIMULATE));

    private final List<Contender> contenders;

    Comparison(List<Contender> contenders) {
        this.contenders = contenders;
    }

    /** As the user names it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    List<Contender> contenders() {
        return contenders;
    }
}
