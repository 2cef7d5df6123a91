// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.TrafficDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.abi.Pages;
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
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A load of messages: each kernel that takes part sends so many to the others in turn, at a rate, and counts what
 * reaches it. It ends when all that was sent to this kernel has come. All on the boot CPU.
 *
 * <p>Parameters: {@code traffic.messages} this kernel sends, 0..10^9, default 10000; {@code traffic.rate} of them a
 * second, 0 (as fast as it can, the default)..10^9; {@code traffic.size} bytes of each, 16..256, default 64;
 * {@code traffic.sizes=1}: of all sizes, 16 to that; {@code traffic.with} the ids of the instances that take part, with
 * commas, by default all, the host included: each of them must load it with the same list; {@code traffic.timeout}
 * seconds without any progress before it fails, 1..3600, default 60.
 *
 * <p>{@code traffic.mortal} names those of them that may die and come back: nobody waits for these, what cannot be sent
 * is left out, and the traffic has no end. {@code traffic.record=1} keeps the counts in pages of this instance's pool,
 * where they outlive it; the kernel log says where.
 */
public class TrafficModule implements KernelModule {
    private static final long MOST = 1_000_000_000L;
    private static final int BURST = 64;
    private static final long RETRY_NANOS = 20_000;
    private static final long PATROL_NANOS = 10_000_000;
    private static final double NANOS_PER_SECOND = 1e9;

    private final List<TrafficPeer> peers = new ArrayList<>();
    private Kernel kernel;
    private Words words;
    private UnsafeBuffer record = new UnsafeBuffer(new byte[RECORD_LENGTH]);
    private List<Integer> with;
    private List<Integer> mortal;
    private long messages;
    private long rate;
    private int size;
    private boolean allSizes;
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

    /** The life of an instance, to tag messages with; 0 here: a kernel does not tell. On the boot CPU. */
    protected long lifeOf(int instanceId) {
        return 0;
    }

    @Override
    public Optional<Set<String>> parameters() {
        return Optional.of(Set.of("messages", "rate", "size", "sizes", "with", "mortal", "timeout", "record"));
    }

    @Override
    public void init(Kernel given) throws Exception {
        kernel = given;
        words = new Words(given);
        messages = BuiltinModules.number(given, name(), "messages", 10_000, MOST);
        rate = BuiltinModules.number(given, name(), "rate", 0, MOST);
        size = (int) BuiltinModules.number(given, name(), "size", 64, MOST_SIZE);
        allSizes = BuiltinModules.number(given, name(), "sizes", 0, 1) == 1;
        long seconds = BuiltinModules.number(given, name(), "timeout", 60, 3600);
        patience = seconds * (long) NANOS_PER_SECOND;
        with = ids("with");
        mortal = ids("mortal");
        if (size < LEAST_SIZE || seconds == 0) {
            throw new IllegalArgumentException("traffic.size=" + size + " traffic.timeout=" + seconds
                + ": a message has 16..256 bytes, the time-out 1..3600 seconds");
        }
        if (BuiltinModules.number(given, name(), "record", 0, 1) == 1) {
            keepRecord();
        }
        kernel.registerHandler(this::data, null, DATA);
        kernel.registerHandler(this::end, null, END);
        kernel.startTask("traffic", this::step);
    }

    private List<Integer> ids(String parameter) {
        String value = kernel.parameter(parameter);
        if (value == null) {
            return List.of();
        }
        if (!value.matches("\\d{1,3}(,\\d{1,3})*")) {
            throw new IllegalArgumentException(
                "traffic." + parameter + "=" + value + ": expected ids of instances, as 1,2,5");
        }
        return Arrays.stream(value.split(",")).map(Integer::valueOf).toList();
    }

    private void keepRecord() throws ModuleFault {
        long address = kernel.instanceAlloc(RECORD_LENGTH, Pages.PAGE_SIZE);
        if (address == 0) {
            throw new ModuleFault("traffic.record=1: the pool of this instance has no " + RECORD_LENGTH
                + " bytes left: give it more memory");
        }
        record = kernel.memremap(address, RECORD_LENGTH).buffer();
        record.setMemory(0, RECORD_LENGTH, (byte) 0);
        kernel.printk("record at 0x" + Long.toHexString(address) + " in life " + lifeOf(kernel.instanceId()));
    }

    private TrafficPeer peer(int id) {
        for (int index = 0; index < peers.size(); index++) {
            if (peers.get(index).id == id) {
                return peers.get(index);
            }
        }
        peers.add(new TrafficPeer(kernel, record, id));
        return peers.getLast();
    }

    private void data(MkIpiData data, Object context) {
        int sender = kernel.instanceOfCpu(data.senderCpu());
        if (sender >= 0) {
            received++;
            peer(sender).received(data, lifeOf(kernel.instanceId()));
        }
    }

    private void end(MkIpiData data, Object context) {
        int sender = kernel.instanceOfCpu(data.senderCpu());
        if (sender >= 0) {
            peer(sender).ended(data);
        }
    }

    private long step() throws ModuleFault {
        long now = kernel.nanoTime();
        movedAt = movedAt == 0 ? now : movedAt;
        if (began == 0) {
            if (!meet()) {
                return again(now);
            }
            began = now;
        }
        long allowed = rate == 0 ? messages : (long) Math.min(messages, (now - began) / NANOS_PER_SECOND * rate);
        int refused = 0;
        for (int count = 0; count < BURST; count++) {
            if (sent >= allowed) {
                return sent < messages ? (long) (NANOS_PER_SECOND / rate) : finish(now);
            }
            refused = sendNext() ? 0 : refused + 1;
            if (refused > 0 && (mortal.isEmpty() || refused >= peers.size())) {
                full++;
                return again(now);
            }
        }
        return Task.AGAIN;
    }

    /** Whether all others are there that have to be; the others are the peers then. */
    private boolean meet() {
        List<Integer> others = (with.isEmpty() ? kernel.instances().stream().map(Instance::id) : with.stream())
            .filter(id -> id != kernel.instanceId()).toList();
        if (!others.stream().allMatch(id -> mortal.contains(id) || kernel.isActive(id))) {
            return false;
        }
        others.forEach(this::peer);
        return true;
    }

    private boolean sendNext() throws ModuleFault {
        if (peers.isEmpty()) {
            throw new ModuleFault("no other kernel is on this machine to send to");
        }
        TrafficPeer peer = peers.get(turn % peers.size());
        long life = lifeOf(peer.id);
        int bytes = allSizes ? LEAST_SIZE + (int) (peer.next(life) * 31 % (size - LEAST_SIZE + 1)) : size;
        int result = peer.send(lifeOf(kernel.instanceId()), life, bytes);
        boolean dead = result == -Errno.ESHUTDOWN || result == -Errno.ENODEV;
        if (result == 0) {
            sent++;
            if (lifeOf(peer.id) != life) {
                kernel.printk(peer.sentLast() + " was sent while a life of instance " + peer.id + " ended");
            }
        } else if (result != -Errno.ENOSPC && !(dead && mortal.contains(peer.id))) {
            throw new ModuleFault("message " + sent + " to instance " + peer.id + ": " + Errno.name(result));
        }
        turn += result == 0 || !mortal.isEmpty() ? 1 : 0;
        return result == 0;
    }

    /** All is sent: says so, and waits for what the others send. */
    private long finish(long now) throws ModuleFault {
        sentAll = sentAll == 0 ? now : sentAll;
        boolean complete = mortal.isEmpty();
        for (int index = 0; mortal.isEmpty() && index < peers.size(); index++) {
            complete &= peers.get(index).end(words);
        }
        if (!complete) {
            return again(now);
        }
        long lost = sum(LOST_OFFSET);
        long torn = sum(TORN_OFFSET);
        long repeated = sum(REPEATED_OFFSET);
        String counts = sent + " sent, " + received + " received, " + lost + " lost, " + torn + " torn, " + repeated
            + " repeated, full " + full + " times, " + Math.round(sent * NANOS_PER_SECOND
            / Math.max(1, sentAll - began)) + " sent/s";
        if (lost + torn + repeated + sum(FOREIGN_OFFSET) != 0) {
            throw new ModuleFault(counts);
        }
        kernel.printk(counts);
        return Task.DONE;
    }

    private long sum(int offset) {
        return peers.stream().mapToLong(peer -> peer.count(offset)).sum();
    }

    private long again(long now) throws ModuleFault {
        if (sent + received != moved) {
            moved = sent + received;
            movedAt = now;
        } else if (now - movedAt > patience) {
            throw new ModuleFault("no progress for " + patience / (long) NANOS_PER_SECOND + " s: " + sent
                + " of " + messages + " sent, " + received + " received");
        }
        return sent < messages && began != 0 ? RETRY_NANOS : PATROL_NANOS;
    }
}
