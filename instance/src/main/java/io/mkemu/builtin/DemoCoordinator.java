// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.abi.InstanceState;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Instance;
import io.mkemu.module.Kernel;
import io.mkemu.module.Task;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;

/** Leads all kernels through the demo, order by order: the next one when all have carried out the last. On the host. */
final class DemoCoordinator implements DemoReports {
    private static final int IDS = 256;
    private static final long SECOND = 1_000_000_000L;
    private static final long START_PATIENCE = 10 * SECOND;
    private static final long RETRY_NANOS = 200_000;
    private static final long POLL_NANOS = 10_000_000;
    private static final long PROGRESS_NANOS = 100_000_000;

    private final Kernel kernel;
    private final DemoParameters parameters;
    private final DemoTally tally;
    private final DemoOrders orders;
    private final String[] names = new String[IDS];
    private final long[] work = new long[IDS];
    private final long[] messages = new long[IDS];
    private DemoPairs pairs;
    private long movedAt;
    private long describedAt;
    private volatile String progress = "waiting for the kernels";
    private volatile DemoResult result;

    DemoCoordinator(Kernel kernel, DemoWire wire, DemoParameters parameters) {
        this.kernel = kernel;
        this.parameters = parameters;
        this.tally = new DemoTally(parameters, this::name);
        this.orders = new DemoOrders(kernel, wire, parameters, this::lost);
        this.movedAt = kernel.nanoTime();
    }

    DemoOrders orders() {
        return orders;
    }

    DemoTally tally() {
        return tally;
    }

    /** What goes on, for a person. Any thread. */
    String progress() {
        return progress;
    }

    /** The result once there is one, else null. Any thread. */
    DemoResult result() {
        return result;
    }

    private String name(int id) {
        return (id >= 0 && id < IDS && names[id] != null ? names[id] : "instance") + " (" + id + ")";
    }

    private void lost(int id, String why) {
        tally.fail(name(id) + " " + why + " (in phase: " + orders.op() + ")");
    }

    /** A step of the task. */
    long step() {
        long now = kernel.nanoTime();
        if (orders.op() == null) {
            return await(now);
        }
        orders.checkLife();
        orders.tell();
        if (orders.op() == DemoOp.STOP) {
            return stop(now);
        }
        if (orders.awaited().isEmpty()) {
            advance();
            return Task.AGAIN;
        }
        long patience = parameters.patience();
        if (now - movedAt > (orders.op() == DemoOp.START ? Math.min(START_PATIENCE, patience) : patience)) {
            giveUp((now - movedAt) / SECOND);
            return Task.AGAIN;
        }
        if (now - describedAt > PROGRESS_NANOS) {
            describedAt = now;
            progress = describe();
        }
        return orders.isTelling() ? RETRY_NANOS : POLL_NANOS;
    }

    private long await(long now) {
        List<Instance> instances = kernel.instances();
        List<Instance> pending = instances.stream()
            .filter(i -> i.id() != kernel.instanceId() && i.state() != InstanceState.ACTIVE).toList();
        boolean hopeless = pending.stream().allMatch(i -> i.state() == InstanceState.FAILED);
        if (!hopeless && now - movedAt <= parameters.patience()) {
            progress = "waiting for " + pending.size() + " of " + instances.size() + " kernels";
            return POLL_NANOS;
        }
        BitSet members = new BitSet();
        instances.forEach(i -> names[i.id()] = i.name());
        instances.forEach(i -> members.set(i.id()));
        pending.forEach(i -> members.clear(i.id()));
        pending.forEach(i -> tally.fail(name(i.id()) + " is " + i.state() + ", not active"));
        if (instances.size() == 1) {
            tally.fail("there is nobody to exchange with: the machine has no instance");
        }
        pairs = new DemoPairs(members);
        orders.start(members);
        movedAt = now;
        return Task.AGAIN;
    }

    private long stop(long now) {
        /* A peer whose lane stays full does not run; it ends with the machine. */
        if (orders.isTelling() && now - movedAt < SECOND) {
            return RETRY_NANOS;
        }
        result = tally.result();
        progress = result.ok() ? "done" : "failed";
        return Task.DONE;
    }

    private void advance() {
        switch (orders.op()) {
            case START, PING -> {
                if (parameters.pings() > 0 && pairs.next(orders.alive())) {
                    orders.orderOne(DemoOp.PING, pairs.to(), pairs.from());
                } else {
                    orders.orderAll(DemoOp.DATA);
                }
            }
            case DATA -> orders.orderAll(DemoOp.PAGES);
            case PAGES -> orders.orderAll(DemoOp.REPORT);
            default -> orders.orderAll(DemoOp.STOP);
        }
        movedAt = kernel.nanoTime();
    }

    private void giveUp(long seconds) {
        BitSet late = (BitSet) orders.awaited().clone();
        if (orders.op() == DemoOp.START) {
            late.stream().forEach(id -> orders.lose(id, "did not answer within " + seconds
                + " s: does its mkemu,modules list demo?"));
            return;
        }
        tally.fail(orders.op() + ": no progress for " + seconds + " s, still waiting for "
            + late.stream().mapToObj(this::name).collect(Collectors.joining(", ")));
        orders.orderAll(orders.op() == DemoOp.REPORT ? DemoOp.STOP : DemoOp.REPORT);
        movedAt = kernel.nanoTime();
    }

    /** Ends the others too when this task fails by a fault of its own; nobody would lead them. */
    void stopAll() {
        orders.orderAll(DemoOp.STOP);
        orders.tell();
    }

    /** A member has carried out an order. */
    void done(int from, MkIpiData data) {
        if (DemoWire.has(data, DONE_WORDS)) {
            done(from, DemoOp.of(DemoWire.word(data, 0)), DemoWire.word(data, 1), DemoWire.word(data, 2));
        }
    }

    private void done(int from, DemoOp what, long which, long value) {
        if (orders.done(from, what, which)) {
            movedAt = kernel.nanoTime();
            if (what == DemoOp.PING) {
                tally.pinged(from, (int) which, value);
            }
        }
    }

    /** What a member counted about a peer. */
    void stats(int from, MkIpiData data) {
        if (DemoWire.has(data, STATS_WORDS)) {
            stats(from, DemoStats.read(data));
        }
    }

    private void stats(int from, DemoStats stats) {
        if (orders.op() == DemoOp.REPORT && orders.awaited().get(from)) {
            tally.stats(from, stats);
        }
    }

    /** A member gets on. */
    void progress(int from, MkIpiData data) {
        if (DemoWire.has(data, PROGRESS_WORDS)) {
            progress(from, DemoWire.word(data, 0), DemoWire.word(data, 1));
        }
    }

    private void progress(int from, long done, long exchanged) {
        messages[from] = exchanged;
        if (done > work[from]) {
            work[from] = done;
            movedAt = kernel.nanoTime();
        }
    }

    @Override
    public boolean done(DemoOp what, long which, long value) {
        done(kernel.instanceId(), what, which, value);
        return true;
    }

    @Override
    public boolean stats(DemoStats stats) {
        stats(kernel.instanceId(), stats);
        return true;
    }

    @Override
    public void progress(long done, long exchanged) {
        progress(kernel.instanceId(), done, exchanged);
    }

    private String describe() {
        int alive = orders.alive().cardinality();
        return switch (orders.op()) {
            case PING -> "round trips " + pairs.done() + "/" + pairs.count();
            case DATA -> "messages " + percent() + " %";
            default -> orders.op() + " " + (alive - orders.awaited().cardinality()) + "/" + alive;
        };
    }

    private long percent() {
        long all = 0;
        for (long some : messages) {
            all += some;
        }
        return Math.min(100, 100 * all / Math.max(1, 2L * parameters.messages() * pairs.count()));
    }
}
