// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.log.LogLevel;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The demo: every pair of kernels, the host included, measures round trips, exchanges messages both ways and shares
 * pages; each byte is verified and each message counted. The host leads, and its command line decides:
 * {@code demo.messages} (per direction of each pair, default 1000), {@code demo.pages} (shared by each instance with
 * each other kernel, default 4), {@code demo.pings} (round trips from each kernel to each other, default 200),
 * {@code demo.timeout} (seconds without any progress after which a phase has failed, default 60).
 */
public final class DemoModule implements KernelModule {
    /** The instance that leads: the host. */
    static final int COORDINATOR = 0;
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
    public Optional<Set<String>> parameters() {
        return Optional.of(Set.of("messages", "pages", "pings", "timeout"));
    }

    @Override
    public void init(Kernel kernel) {
        this.kernel = kernel;
        DemoParameters parameters = DemoParameters.of(kernel);
        DemoWire wire = new DemoWire(kernel);
        DemoCoordinator leader =
            kernel.instanceId() == COORDINATOR ? new DemoCoordinator(kernel, wire, parameters) : null;
        DemoPages pages = new DemoPages(kernel, wire, (sender, nanos) -> sample(leader, nanos));
        /* Twice: the coordinator itself waits that long for all kernels to boot. */
        long patience = leader == null ? 2 * parameters.patience() : Long.MAX_VALUE;
        peer = new DemoPeer(kernel, wire, leader == null ? DemoReports.over(wire) : leader, pages, patience);
        new DemoHandlers(kernel, peer, leader).register();
        if (leader == null) {
            kernel.startTask("demo", peer::step);
        } else {
            leader.orders().lead(peer);
            coordinator = leader;
            kernel.startTask("demo", this::lead);
        }
    }

    private static void sample(DemoCoordinator leader, long nanos) {
        if (leader != null) {
            leader.tally().sample(nanos);
        }
    }

    private long lead() throws DemoException {
        DemoCoordinator leader = coordinator;
        try {
            long led = leader.step();
            long own = peer.step();
            if (led != Task.DONE) {
                return own == Task.DONE ? led : Math.min(led, own);
            }
        } catch (DemoException | RuntimeException fault) {
            leader.stopAll();
            throw fault;
        }
        DemoResult result = leader.result();
        log(result);
        if (!result.ok()) {
            throw new DemoException("the demo failed: " + result.failures().getFirst()
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
        failures.stream().limit(SHOWN_FAILURES).forEach(line -> kernel.printk(LogLevel.ERR, "" + line));
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
