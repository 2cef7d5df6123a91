// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.log.LogLevel;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The demo: every pair of kernels, the host included, measures round trips, exchanges messages both ways and shares
 * pages; each byte is verified and each message counted. The host leads, and its command line decides:
 * {@code demo.messages} (per direction of each pair, default 1000), {@code demo.pages} (shared by each instance with
 * each other kernel, default 4), {@code demo.pings} (round trips from each kernel to each other, default 200),
 * {@code demo.timeout} (seconds without any progress after which a phase has failed, default 60).
 */
public final class DemoModule implements KernelModule {
    /**
     * What the demo is to do. The host's command line decides; the coordinator tells the instances.
     *
     * @param messages {@code demo.messages}: messages per direction of each pair, 0..100,000,000
     * @param pages    {@code demo.pages}: pages each instance shares with each other kernel, 0..100,000
     * @param pings    {@code demo.pings}: round trips from each kernel to each other, 0..100,000
     * @param patience {@code demo.timeout} in ns: without any progress for so long, a phase has failed; 1 s .. 1 h
     */
    record Parameters(int messages, int pages, int pings, long patience) {
        static final int MOST_MESSAGES = 100_000_000;
        static final int MOST_PAGES = 100_000;
        static final int MOST_PINGS = 100_000;
        private static final long NANOS_PER_SECOND = 1_000_000_000L;

        /**
         * Reads the parameters of a kernel's command line.
         *
         * @throws IllegalArgumentException with one line that names parameter, value and range
         */
        static Parameters of(Kernel kernel) {
            long seconds = BuiltinModules.number(kernel, "demo", "timeout", 60, 3600);
            if (seconds == 0) {
                throw new IllegalArgumentException("demo.timeout=0: expected seconds, 1..3600");
            }
            return new Parameters((int) BuiltinModules.number(kernel, "demo", "messages", 1000, MOST_MESSAGES),
                (int) BuiltinModules.number(kernel, "demo", "pages", 4, MOST_PAGES),
                (int) BuiltinModules.number(kernel, "demo", "pings", 200, MOST_PINGS), seconds * NANOS_PER_SECOND);
        }

        /** Whether another kernel may have asked for this. */
        static boolean isValid(long messages, long pages, long pings) {
            return messages >= 0 && messages <= MOST_MESSAGES && pages >= 0 && pages <= MOST_PAGES && pings >= 0
                && pings <= MOST_PINGS;
        }
    }

    private static final int SHOWN_FAILURES = 10;
    private static final double NANOS_PER_MICRO = 1000;

    private Kernel kernel;
    private DemoPeer peer;
    private volatile DemoCoordinator coordinator;

    @Override
    public String name() {
        return "demo";
    }

    @Override
    public void init(Kernel kernel) {
        this.kernel = kernel;
        Parameters parameters = Parameters.of(kernel);
        DemoWire wire = new DemoWire(kernel);
        if (kernel.instanceId() == DemoDescriptor.COORDINATOR) {
            DemoCoordinator leader = new DemoCoordinator(wire, parameters);
            peer = new DemoPeer(wire, leader::sample, Long.MAX_VALUE);
            coordinator = leader;
            kernel.startTask("demo", this::lead);
        } else {
            /* Twice: the coordinator itself waits that long for all kernels to boot. */
            peer = new DemoPeer(wire, nanos -> { }, 2 * parameters.patience());
            kernel.startTask("demo", peer::step);
        }
    }

    private long lead() throws ModuleFault {
        DemoCoordinator leader = coordinator;
        try {
            long led = leader.step();
            long own = peer.step();
            if (led != Task.DONE) {
                return own == Task.DONE ? led : Math.min(led, own);
            }
        } catch (ModuleFault | RuntimeException fault) {
            leader.stopAll();
            throw fault;
        }
        DemoResult result = leader.result();
        log(result);
        if (!result.ok()) {
            throw new ModuleFault("the demo failed: " + result.failures().getFirst()
                + (result.failures().size() > 1 ? " (and " + (result.failures().size() - 1) + " more)" : ""));
        }
        return Task.DONE;
    }

    private void log(DemoResult result) {
        kernel.printk("messages: " + result.sent() + " sent, " + result.delivered() + " delivered, "
            + result.lost() + " lost, " + result.torn() + " torn, " + result.repeated() + " repeated, "
            + result.reordered() + " reordered");
        kernel.printk("pages: " + result.pagesShared() + " shared, " + result.pagesVerified() + " verified");
        long[] sorted = result.roundTripNanos().clone();
        Arrays.sort(sorted);
        kernel.printk(sorted.length == 0 ? "round trips: none" : String.format(Locale.ROOT,
            "round trips: %d, p50 %.1f us, p99 %.1f us, max %.1f us", sorted.length, micros(sorted, 0.50),
            micros(sorted, 0.99), micros(sorted, 1)));
        List<String> failures = result.failures();
        failures.stream().limit(SHOWN_FAILURES).forEach(line -> kernel.printk(LogLevel.ERR, line));
        if (failures.size() > SHOWN_FAILURES) {
            kernel.printk(LogLevel.ERR, "and " + (failures.size() - SHOWN_FAILURES) + " more failures");
        }
        if (result.ok()) {
            kernel.printk("everything was verified");
        }
    }

    private static double micros(long[] sorted, double quantile) {
        return sorted[Math.max(0, (int) Math.ceil(quantile * sorted.length) - 1)] / NANOS_PER_MICRO;
    }

    /** What goes on, in a few words, for a progress line; on an instance, always "". Any thread. */
    public String progress() {
        DemoCoordinator leader = coordinator;
        return leader == null ? "" : leader.progress();
    }

    /** The result, on the host once it is there; null before that and on an instance. Any thread. */
    public DemoResult result() {
        DemoCoordinator leader = coordinator;
        return leader == null ? null : leader.result();
    }
}
