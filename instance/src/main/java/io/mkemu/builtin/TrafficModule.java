// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.Errno;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Instance;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A load of messages: each kernel that takes part sends so many to the others in turn, at a rate, and counts what
 * reaches it. It ends when all that was sent to this kernel has come. All on the boot CPU.
 *
 * <p>Parameters: {@code traffic.messages} this kernel sends, 0..10^9, default 10000; {@code traffic.rate} of them a
 * second, 0 (as fast as it can, the default)..10^9; {@code traffic.size} bytes of each, 16..256, default 64;
 * {@code traffic.with} the ids of the instances that take part, with commas, by default all, the host included: each of
 * them must load it with the same list; {@code traffic.timeout} seconds without any progress before it fails, 1..3600,
 * default 60.
 *
 * <pre>
 *  DATA { number in this pair, checksum of number and sender, filling }    size as given
 *  END  { numbers sent in this pair }                                      8 bytes
 * </pre>
 */
public final class TrafficModule implements KernelModule {
    /** Type of the messages that count. */
    public static final int DATA = 0x7472_6166;
    static final int END = DATA + 1;
    private static final long MOST = 1_000_000_000L;
    private static final int LEAST_SIZE = 16;
    private static final int BURST = 64;
    private static final long RETRY_NANOS = 20_000;
    private static final long PATROL_NANOS = 10_000_000;
    private static final double NANOS_PER_SECOND = 1e9;

    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[256]);
    private final List<TrafficPeer> peers = new ArrayList<>();
    private Kernel kernel;
    private String with;
    private long messages;
    private long rate;
    private int size;
    private long patience;
    private long sent;
    private long received;
    private long full;
    private long began;
    private long sentAll;
    private long moved;
    private long movedAt;
    private int turn;

    @Override
    public String name() {
        return "traffic";
    }

    @Override
    public Optional<Set<String>> parameters() {
        return Optional.of(Set.of("messages", "rate", "size", "with", "timeout"));
    }

    @Override
    public void init(Kernel kernel) {
        this.kernel = kernel;
        this.messages = DemoParameters.number(kernel, name(), "messages", 10_000, MOST);
        this.with = kernel.parameter("with");
        this.rate = DemoParameters.number(kernel, name(), "rate", 0, MOST);
        this.size = (int) DemoParameters.number(kernel, name(), "size", 64, payload.capacity());
        this.patience = DemoParameters.number(kernel, name(), "timeout", 60, 3600) * (long) NANOS_PER_SECOND;
        if (with != null && !with.matches("\\d{1,3}(,\\d{1,3})*")) {
            throw new IllegalArgumentException("traffic.with=" + with + ": expected ids of instances, as 1,2,5");
        }
        if (size < LEAST_SIZE || patience == 0) {
            throw new IllegalArgumentException("traffic.size=" + size + " traffic.timeout=" + patience
                + ": a message has 16..256 bytes, the time-out 1..3600 seconds");
        }
        kernel.registerHandler(this::data, null, DATA);
        kernel.registerHandler(this::end, null, END);
        kernel.startTask("traffic", this::step);
    }

    private TrafficPeer peer(MkIpiData data) {
        int sender = kernel.instanceOfCpu(data.senderCpu());
        for (TrafficPeer peer : peers) {
            if (peer.id() == sender) {
                return peer;
            }
        }
        TrafficPeer peer = new TrafficPeer(sender);
        peers.add(peer);
        return peer;
    }

    private void data(MkIpiData data, Object context) {
        received++;
        peer(data).received(data);
    }

    private void end(MkIpiData data, Object context) {
        peer(data).ended(data);
    }

    private long step() throws DemoException {
        long now = kernel.nanoTime();
        if (movedAt == 0) {
            movedAt = now;
        }
        if (began == 0) {
            if (!meet()) {
                return again(now);
            }
            began = now;
        }
        long allowed = rate == 0 ? messages : (long) Math.min(messages, (now - began) / NANOS_PER_SECOND * rate);
        for (int count = 0; count < BURST; count++) {
            if (sent >= allowed) {
                return sent < messages ? (long) (NANOS_PER_SECOND / rate) : finish(now);
            }
            if (!sendNext()) {
                full++;
                return again(now);
            }
        }
        return Task.AGAIN;
    }

    /** Whether all others are there; they are the peers then. */
    private boolean meet() {
        List<Integer> others = taking().filter(id -> id != kernel.instanceId()).toList();
        if (!others.stream().allMatch(kernel::isActive)) {
            return false;
        }
        for (int other : others) {
            if (peers.stream().noneMatch(peer -> peer.id() == other)) {
                peers.add(new TrafficPeer(other));
            }
        }
        return true;
    }

    private Stream<Integer> taking() {
        return with == null ? kernel.instances().stream().map(Instance::id)
            : Arrays.stream(with.split(",")).map(Integer::valueOf);
    }

    private boolean sendNext() throws DemoException {
        if (peers.isEmpty()) {
            throw new DemoException("no other kernel is on this machine to send to");
        }
        TrafficPeer peer = peers.get(turn % peers.size());
        peer.fill(payload, kernel.physicalCpuId(), size);
        int result = kernel.sendIpiData(peer.id(), payload, 0, size, DATA);
        if (result == 0) {
            peer.sent();
            sent++;
            turn++;
        } else if (result != -Errno.ENOSPC) {
            throw new DemoException("message " + sent + " to instance " + peer.id() + ": " + Errno.name(result));
        }
        return result == 0;
    }

    /** All is sent: says so, and waits for what the others send. */
    private long finish(long now) throws DemoException {
        sentAll = sentAll == 0 ? now : sentAll;
        boolean complete = true;
        for (TrafficPeer peer : peers) {
            if (!peer.isTold()) {
                peer.total(payload);
                peer.told(kernel.sendIpiData(peer.id(), payload, 0, Long.BYTES, END) == 0);
            }
            complete &= peer.isTold() && peer.isComplete();
        }
        if (!complete) {
            return again(now);
        }
        long[] wrong = new long[TrafficPeer.KINDS];
        peers.forEach(peer -> peer.addTo(wrong));
        String counts = sent + " sent, " + received + " received, " + wrong[0] + " lost, " + wrong[1] + " torn, "
            + wrong[2] + " repeated, full " + full + " times, " + Math.round(sent * NANOS_PER_SECOND
            / Math.max(1, sentAll - began)) + " sent/s";
        if (Arrays.stream(wrong).sum() != 0) {
            throw new DemoException(counts);
        }
        kernel.printk(counts);
        return Task.DONE;
    }

    private long again(long now) throws DemoException {
        if (sent + received != moved) {
            moved = sent + received;
            movedAt = now;
        } else if (now - movedAt > patience) {
            throw new DemoException("no progress for " + patience / (long) NANOS_PER_SECOND + " s: " + sent
                + " of " + messages + " sent, " + received + " received");
        }
        return sent < messages && began != 0 ? RETRY_NANOS : PATROL_NANOS;
    }
}
