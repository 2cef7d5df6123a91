// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.module.Instance;
import io.mkemu.module.Kernel;
import io.mkemu.module.Task;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;
import org.agrona.DirectBuffer;

/**
 * Leads all kernels through the demo, the host's own part too, order by order: the next one when all have carried out
 * the last. On the host, on its CPU; {@link #progress()} and {@link #result} from any thread.
 */
final class DemoCoordinator {
    private static final long SECOND = 1_000_000_000L;
    private static final long START_PATIENCE = 10 * SECOND;
    private static final long RETRY_NANOS = 200_000;
    private static final long POLL_NANOS = 10_000_000;
    private static final long PROGRESS_NANOS = 100_000_000;

    private final Kernel kernel;
    private final DemoWire wire;
    private final DemoModule.Parameters parameters;
    private final DemoTally tally;
    private final String[] names = new String[IDS];
    private final long[] work = new long[IDS];
    private final long[] messages = new long[IDS];
    /** All ordered pairs of kernels, from * IDS + to, and how many of them have measured round trips. */
    private int[] pairs;
    private int pair = -1;
    private final BitSet members = new BitSet();
    private final BitSet alive = new BitSet();
    /** Kernels that have not carried out the order of the moment, and of these the ones that are still to be told. */
    private final BitSet awaited = new BitSet();
    private final BitSet untold = new BitSet();
    private Op op;
    private long argument;
    private long movedAt;
    private long describedAt;
    private volatile String progress = "waiting for the kernels";
    private volatile DemoResult result;

    DemoCoordinator(DemoWire wire, DemoModule.Parameters parameters) {
        this.kernel = wire.kernel;
        this.wire = wire;
        this.parameters = parameters;
        this.tally = new DemoTally(parameters, this::name);
        this.movedAt = kernel.nanoTime();
        wire.on(DONE, DONE_WORDS, this::done);
        wire.on(STATS, STATS_WORDS, this::stats);
        wire.on(PROGRESS, PROGRESS_WORDS, this::progress);
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
        checkLife();
        tell();
        if (op == Op.STOP) {
            return stop(now);
        }
        if (awaited.isEmpty()) {
            advance();
            return Task.AGAIN;
        }
        long patience = parameters.patience();
        if (now - movedAt > (op == Op.START ? Math.min(START_PATIENCE, patience) : patience)) {
            giveUp((now - movedAt) / SECOND);
            return Task.AGAIN;
        }
        if (now - describedAt > PROGRESS_NANOS) {
            describedAt = now;
            progress = describe();
        }
        return untold.isEmpty() ? POLL_NANOS : RETRY_NANOS;
    }

    /** Waits until the other kernels are active, or will not be, and begins with those that are. */
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
        pairs = members.stream().flatMap(from -> members.stream().filter(to -> to != from).map(to -> from * IDS + to))
            .toArray();
        alive.or(members);
        order(Op.START);
        return Task.AGAIN;
    }

    private long stop(long now) {
        /* A peer whose lane stays full does not run; it ends with the machine. */
        if (!untold.isEmpty() && now - movedAt < SECOND) {
            return RETRY_NANOS;
        }
        result = tally.result();
        progress = result.ok() ? "done" : "failed";
        return Task.DONE;
    }

    private void advance() {
        switch (op) {
            case START, PING -> {
                if (parameters.pings() > 0 && nextPair()) {
                    BitSet one = new BitSet();
                    one.set(pairs[pair] / IDS);
                    order(Op.PING, pairs[pair] % IDS, one);
                } else {
                    order(Op.DATA);
                }
            }
            case DATA -> order(Op.PAGES);
            case PAGES -> order(Op.REPORT);
            default -> order(Op.STOP);
        }
    }

    /** Goes to the next pair of which both are alive; returns whether there is one. */
    private boolean nextPair() {
        do {
            pair++;
        } while (pair < pairs.length && !(alive.get(pairs[pair] / IDS) && alive.get(pairs[pair] % IDS)));
        return pair < pairs.length;
    }

    private void giveUp(long seconds) {
        BitSet late = (BitSet) awaited.clone();
        if (op == Op.START) {
            late.stream().forEach(id -> lose(id, "did not answer within " + seconds
                + " s: does its mkemu,modules list demo?"));
            return;
        }
        tally.fail(op + ": no progress for " + seconds + " s, still waiting for "
            + late.stream().mapToObj(this::name).collect(Collectors.joining(", ")));
        order(op == Op.REPORT ? Op.STOP : Op.REPORT);
    }

    /** Gives an order to all that live, in place of the former. */
    private void order(Op what) {
        order(what, 0, alive);
    }

    private void order(Op what, long which, BitSet to) {
        op = what;
        argument = which;
        untold.clear();
        untold.or(to);
        awaited.clear();
        awaited.or(to);
        movedAt = kernel.nanoTime();
    }

    /** Tells those that are still to be told, as far as there is room. */
    private void tell() {
        for (int id = untold.nextSetBit(0); id >= 0; id = untold.nextSetBit(id + 1)) {
            wire.put(0, op.ordinal()).put(1, argument).put(2, parameters.messages()).put(3, parameters.pages())
                .put(4, parameters.pings());
            long[] bits = Arrays.copyOf(members.toLongArray(), IDS / Long.SIZE);
            for (int word = 0; word < bits.length; word++) {
                wire.put(MEMBERS_WORD + word, bits[word]);
            }
            int sent = wire.send(id, ORDER, ORDER_WORDS);
            if (sent == 0) {
                untold.clear(id);
            } else if (sent != -Errno.ENOSPC) {
                lose(id, "cannot be reached: " + Errno.name(sent));
            }
        }
    }

    private void checkLife() {
        for (int id = alive.nextSetBit(0); id >= 0; id = alive.nextSetBit(id + 1)) {
            if (id != kernel.instanceId() && !kernel.isActive(id)) {
                lose(id, "is no longer active");
            }
        }
    }

    /** Drops a kernel; the reason continues its name to a sentence. */
    private void lose(int id, String why) {
        alive.clear(id);
        untold.clear(id);
        awaited.clear(id);
        tally.fail(name(id) + " " + why + " (in phase: " + op + ")");
    }

    /** Ends the others too when this task fails by a fault of its own; nobody would lead them. */
    void stopAll() {
        order(Op.STOP);
        tell();
    }

    /** A round trip reached the host, ns. */
    void sample(long nanos) {
        tally.sample(nanos);
    }

    private void done(int from, DirectBuffer words) {
        long which = Words.get(words, 1);
        if (Op.of(Words.get(words, 0)) == op && which == argument && awaited.get(from)) {
            awaited.clear(from);
            movedAt = kernel.nanoTime();
            if (op == Op.PING) {
                tally.pinged(from, (int) which, Words.get(words, 2));
            }
        }
    }

    private void stats(int from, DirectBuffer words) {
        if (op == Op.REPORT && awaited.get(from)) {
            tally.stats(from, words);
        }
    }

    private void progress(int from, DirectBuffer words) {
        messages[from] = Words.get(words, 1);
        if (Words.get(words, 0) > work[from]) {
            work[from] = Words.get(words, 0);
            movedAt = kernel.nanoTime();
        }
    }

    private String describe() {
        int living = alive.cardinality();
        return switch (op) {
            case PING -> "round trips " + pair + "/" + pairs.length;
            case DATA -> "messages " + Math.min(100, 100 * Arrays.stream(messages).sum()
                / Math.max(1, 2L * parameters.messages() * pairs.length)) + " %";
            default -> op + " " + (living - awaited.cardinality()) + "/" + living;
        };
    }
}
