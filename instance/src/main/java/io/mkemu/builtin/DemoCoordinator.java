// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.boot.InstanceState;
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

    private final Kernel kernel;
    private final DemoWire wire;
    private final DemoParameters parameters;
    private final DemoTally tally;
    private final String[] names = new String[IDS];
    private final BitSet members = new BitSet(IDS);
    private final BitSet alive = new BitSet(IDS);
    private final BitSet awaited = new BitSet(IDS);
    private final BitSet untold = new BitSet(IDS);
    private final long[] work = new long[IDS];
    private final long[] messages = new long[IDS];
    private DemoPeer self;
    private DemoPairs pairs;
    private DemoOp op;
    private long argument;
    private long movedAt;
    private volatile String progress = "waiting for the kernels";
    private volatile DemoResult result;

    DemoCoordinator(Kernel kernel, DemoWire wire, DemoParameters parameters) {
        this.kernel = kernel;
        this.wire = wire;
        this.parameters = parameters;
        this.tally = new DemoTally(parameters, this::name);
        this.movedAt = kernel.nanoTime();
    }

    /** The host's own part, to be led like the others. */
    void lead(DemoPeer own) {
        self = own;
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

    /** A step of the task. */
    long step() {
        long now = kernel.nanoTime();
        if (op == null) {
            return await(now);
        }
        for (int id = alive.nextSetBit(0); id >= 0; id = alive.nextSetBit(id + 1)) {
            if (id != kernel.instanceId() && !kernel.isActive(id)) {
                lose(id, "is no longer active");
            }
        }
        tell();
        if (op == DemoOp.STOP) {
            if (!untold.isEmpty() && now - movedAt < SECOND) {
                return RETRY_NANOS;
            }
            result = tally.result();
            progress = result.ok() ? "done" : "failed";
            return Task.DONE;
        }
        if (awaited.isEmpty()) {
            advance();
            return Task.AGAIN;
        }
        if (now - movedAt > (op == DemoOp.START ? Math.min(START_PATIENCE, parameters.patience())
            : parameters.patience())) {
            giveUp((now - movedAt) / SECOND);
            return Task.AGAIN;
        }
        progress = describe();
        return untold.isEmpty() ? POLL_NANOS : RETRY_NANOS;
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
        instances.forEach(i -> names[i.id()] = i.name());
        instances.forEach(i -> members.set(i.id()));
        pending.forEach(i -> members.clear(i.id()));
        pending.forEach(i -> tally.fail(name(i.id()) + " is " + i.state() + ", not active"));
        if (instances.size() == 1) {
            tally.fail("there is nobody to exchange with: the machine has no instance");
        }
        alive.or(members);
        pairs = new DemoPairs(members);
        order(DemoOp.START, 0, members);
        return Task.AGAIN;
    }

    private void order(DemoOp what, long which, BitSet to) {
        op = what;
        argument = which;
        movedAt = kernel.nanoTime();
        untold.clear();
        untold.or(to);
        untold.and(alive);
        awaited.clear();
        awaited.or(untold);
    }

    private void tell() {
        for (int id = untold.nextSetBit(0); id >= 0; id = untold.nextSetBit(id + 1)) {
            if (id == kernel.instanceId()) {
                untold.clear(id);
                tellSelf();
                continue;
            }
            int result = tell(id);
            if (result == 0) {
                untold.clear(id);
            } else if (result != -Errno.ENOSPC) {
                lose(id, "cannot be reached: " + Errno.name(result));
            }
        }
    }

    private void tellSelf() {
        if (op == DemoOp.START) {
            self.start(parameters, (BitSet) members.clone());
        } else {
            self.order(op, argument);
        }
    }

    private int tell(int id) {
        wire.put(0, op.ordinal()).put(1, argument);
        if (op != DemoOp.START) {
            return wire.send(id, ORDER, ORDER_WORDS);
        }
        wire.put(2, parameters.messages()).put(3, parameters.pages()).put(4, parameters.pings());
        long[] bits = members.toLongArray();
        for (int word = 0; word < MEMBER_WORDS; word++) {
            wire.put(MEMBERS_WORD + word, word < bits.length ? bits[word] : 0);
        }
        return wire.send(id, ORDER, START_WORDS);
    }

    private void advance() {
        switch (op) {
            case START, PING -> {
                if (parameters.pings() > 0 && pairs.next(alive)) {
                    BitSet one = new BitSet();
                    one.set(pairs.from());
                    order(DemoOp.PING, pairs.to(), one);
                } else {
                    order(DemoOp.DATA, 0, alive);
                }
            }
            case DATA -> order(DemoOp.PAGES, 0, alive);
            case PAGES -> order(DemoOp.REPORT, 0, alive);
            default -> order(DemoOp.STOP, 0, alive);
        }
    }

    /** Ends the others too when this task fails by a fault of its own; nobody would lead them. */
    void stopAll() {
        order(DemoOp.STOP, 0, alive);
        tell();
    }

    private void lose(int id, String why) {
        alive.clear(id);
        untold.clear(id);
        awaited.clear(id);
        tally.fail(name(id) + " " + why + " (in phase: " + op + ")");
    }

    private void giveUp(long seconds) {
        BitSet late = (BitSet) awaited.clone();
        if (op == DemoOp.START) {
            late.stream().forEach(id -> lose(id, "did not answer within " + seconds
                + " s: does its mkemu,modules list demo?"));
            return;
        }
        tally.fail(op + ": no progress for " + seconds + " s, still waiting for "
            + late.stream().mapToObj(this::name).collect(Collectors.joining(", ")));
        order(op == DemoOp.REPORT ? DemoOp.STOP : DemoOp.REPORT, 0, alive);
    }

    /** A member has carried out an order. */
    void done(int from, MkIpiData data) {
        if (DemoWire.has(data, DONE_WORDS)) {
            done(from, DemoOp.of(DemoWire.word(data, 0)), DemoWire.word(data, 1), DemoWire.word(data, 2));
        }
    }

    private void done(int from, DemoOp what, long which, long value) {
        if (what != op || which != argument || !awaited.get(from)) {
            return;
        }
        awaited.clear(from);
        movedAt = kernel.nanoTime();
        if (op == DemoOp.PING) {
            tally.pinged(from, (int) which, value);
        }
    }

    /** What a member counted about a peer. */
    void stats(int from, MkIpiData data) {
        if (DemoWire.has(data, STATS_WORDS)) {
            stats(from, DemoStats.read(data));
        }
    }

    private void stats(int from, DemoStats stats) {
        if (op == DemoOp.REPORT && awaited.get(from)) {
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
        return switch (op) {
            case PING -> "round trips " + pairs.done() + "/" + pairs.count();
            case DATA -> "messages " + percent() + " %";
            default -> op + " " + (alive.cardinality() - awaited.cardinality()) + "/" + alive.cardinality();
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
