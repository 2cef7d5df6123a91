// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.Errno;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.cpu.LocalApic;
import io.mkemu.os.Platform;
import io.mkemu.table.InstanceEntry;
import io.mkemu.table.InstanceTable;
import io.mkemu.trace.MessageId;
import io.mkemu.trace.TraceWriter;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.agrona.DirectBuffer;

/**
 * Sends IPIs from one physical CPU: multikernel_send_ipi_data. Used by the thread that runs the CPU only. The first
 * send to a life of an instance maps its IPI area; every later one allocates nothing, locks nothing, throws nothing.
 */
public final class IpiSender implements AutoCloseable {
    /* A receiver that is at it makes room sooner; one that is not may need long, and perhaps this core. */
    private static final long SPIN_NANOS = TimeUnit.MICROSECONDS.toNanos(20);
    private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

    private final Interconnect interconnect;
    private final Platform platform;
    private final InstanceTable instances;
    private final LocalApic apic;
    private final TraceWriter trace;
    private final boolean needsActive;
    private final Consumer<String> anomalies;
    private final IntConsumer noArea;
    private final IpiPeer[] peers = new IpiPeer[InstanceDescriptor.MAX_INSTANCES];

    /**
     * A sender that tells what it finds damaged in the tables.
     *
     * @param trace     the CPU's trace ring
     * @param anomalies takes one line, on the sender's thread; the count is the local APIC's
     * @param noArea    takes the target of a send that found no area
     */
    IpiSender(Interconnect interconnect, LocalApic apic, TraceWriter trace, Consumer<String> anomalies,
        IntConsumer noArea) {
        this.trace = trace;
        this.anomalies = anomalies;
        this.noArea = noArea;
        this.interconnect = interconnect;
        this.platform = interconnect.memory().platform();
        this.instances = interconnect.instances();
        this.apic = apic;
        this.needsActive = interconnect.mailbox().needsActiveTarget();
    }

    /**
     * Sends to the first CPU of an instance.
     *
     * @param instanceId target, 0..255
     * @param type       any 32 bits
     * @param data       payload, or null to send zeros
     * @param offset     of the payload in data
     * @param size       bytes, 0..256
     * @return 0; -EINVAL (no such instance; size), -ENODEV (no IPI area; single-slot: to oneself); queued only:
     *     -ESHUTDOWN (not active), -ENOSPC (full)
     */
    public int send(int instanceId, int type, DirectBuffer data, int offset, int size) {
        return send(instanceId, true, -1, type, data, offset, size);
    }

    /**
     * Sends to a CPU of an instance that is named by its physical id.
     *
     * @return as {@link #send}, and -EINVAL if the instance does not own that CPU
     */
    public int sendToCpu(int instanceId, int physicalCpu, int type, DirectBuffer data, int offset, int size) {
        return physicalCpu < 0 ? refused(-Errno.EINVAL, instanceId, type, data, offset, size)
            : send(instanceId, false, physicalCpu, type, data, offset, size);
    }

    /**
     * Sends with the RFC's own parameter list, in which the type is an unsigned long.
     *
     * @return as {@link #send}; queued also -EINVAL for a type beyond 32 bits, which single-slot cuts
     */
    public int sendLongType(int instanceId, long type, DirectBuffer data, int offset, int size) {
        if (needsActive && type >>> Integer.SIZE != 0) {
            return refused(-Errno.EINVAL, instanceId, (int) type, data, offset, size);
        }
        return send(instanceId, (int) type, data, offset, size);
    }

    /**
     * As {@link #send}, but while the lane is full it waits until there is room. The CPU takes no interrupts meanwhile;
     * what it is asked to let go of it lets go of. To the CPU itself it does not wait: nobody else could make room.
     *
     * @param timeoutNanos how long to wait at most, ns; 0 or less: not at all
     * @return as {@link #send}: -ENOSPC once the time is over; at once, if it comes while it waits, -ESHUTDOWN
     *     (no longer active, or active in another life), -ENODEV (the area was taken away)
     */
    public int sendTimeout(int instanceId, int type, DirectBuffer data, int offset, int size, long timeoutNanos) {
        int result = trySend(instanceId, true, -1, type, data, offset, size);
        if (result == -Errno.ENOSPC && timeoutNanos > 0 && peers[instanceId].cpu(0) != apic.physicalCpu()) {
            result = awaitRoom(peers[instanceId], type, data, offset, size, timeoutNanos);
        }
        return result == 0 ? 0 : refused(result, instanceId, type, data, offset, size);
    }

    private int awaitRoom(IpiPeer peer, int type, DirectBuffer data, int offset, int size, long timeoutNanos) {
        /* The receiver, which would make room, may need this very core. */
        long spinNanos = apic.sharesCore() ? 0 : SPIN_NANOS;
        long begun = platform.nanoTime();
        long waited = 0;
        int result;
        do {
            if (waited < spinNanos) {
                platform.relax();
            } else {
                platform.park(Math.min(LOOK_NANOS, timeoutNanos - waited));
            }
            if (apic.isPending(LocalApicDescriptor.RESCHEDULE_VECTOR)) {
                /* The host may wait for another area than this one, and not for as long as this CPU does. */
                letGo();
            }
            int gone = peers[peer.instanceId()] == peer ? peer.gone() : -Errno.ENODEV;
            result = gone == 0 ? publish(peer, 0, type, data, offset, size) : gone;
            waited = platform.nanoTime() - begun;
        } while (result == -Errno.ENOSPC && waited < timeoutNanos);
        return result;
    }

    private int send(int instanceId, boolean first, int physicalCpu, int type, DirectBuffer data, int offset,
        int size) {
        int result = trySend(instanceId, first, physicalCpu, type, data, offset, size);
        return result == 0 ? 0 : refused(result, instanceId, type, data, offset, size);
    }

    private int refused(int result, int instanceId, int type, DirectBuffer data, int offset, int size) {
        if (result == -Errno.ENOSPC) {
            apic.count(Counter.FULL);
        } else if (result == -Errno.ENODEV) {
            noArea.accept(instanceId);
        }
        if (trace.records(TraceMode.IPI)) {
            TraceEvent event = result == -Errno.ENOSPC ? TraceEvent.FULL : TraceEvent.REFUSED;
            boolean whole = size >= 0 && size <= MkIpiDataDescriptor.MAX_DATA_SIZE
                && (data == null || offset >= 0 && offset <= data.capacity() - size);
            if (whole && trace.records(TraceMode.ALL)) {
                trace.record(event, 0, platform.nanoTime(), 0, type, instanceId, -result, data, offset, size);
            } else {
                trace.record(event, 0, platform.nanoTime(), 0, type,
                    Math.clamp(size, 0, TraceRecordDescriptor.MAX_PAYLOAD), instanceId, -result);
            }
        }
        return result;
    }

    private int trySend(int instanceId, boolean first, int physicalCpu, int type, DirectBuffer data, int offset,
        int size) {
        IpiPeer peer = instanceId >= 0 && instanceId < peers.length ? peers[instanceId] : null;
        if (peer == null || !peer.isCurrent() || size < 0 || size > MkIpiDataDescriptor.MAX_DATA_SIZE) {
            int refusal = admit(instanceId, size);
            if (refusal != 0) {
                return refusal;
            }
            peer = peers[instanceId];
        }
        int target = first ? 0 : peer.indexOf(physicalCpu);
        return target < 0 ? publishAnew(peer, physicalCpu, type, data, offset, size)
            : publish(peer, target, type, data, offset, size);
    }

    /** To a CPU that the copy of the CPU set does not have: the set may have changed. */
    private int publishAnew(IpiPeer peer, int physicalCpu, int type, DirectBuffer data, int offset, int size) {
        if (!peer.isStale()) {
            return -Errno.EINVAL;
        }
        if (!looks(peer)) {
            return -Errno.ENODEV;
        }
        int target = peer.indexOf(physicalCpu);
        return target < 0 ? -Errno.EINVAL : publish(peer, target, type, data, offset, size);
    }

    /** Looks at a CPU set that may have changed; false if nothing more can be sent to it. */
    private boolean looks(IpiPeer peer) {
        try {
            peer.look();
            return true;
        } catch (MachineException damaged) {
            disconnect(peer.instanceId());
            apic.count(Counter.ANOMALIES);
            anomalies.accept(damaged.getMessage());
            return false;
        }
    }

    /** Asks what holds while the target keeps its life, state and area, and connects; 0, or a negative errno. */
    private int admit(int instanceId, int size) {
        InstanceEntry entry = instances.entry(instanceId);
        if (entry == null) {
            return -Errno.EINVAL;
        }
        InstanceState state = entry.state();
        if (state == InstanceState.EMPTY || size < 0 || size > MkIpiDataDescriptor.MAX_DATA_SIZE) {
            return -Errno.EINVAL;
        }
        if (entry.ipiArea() == 0 || !needsActive && apic.instanceId() == instanceId) {
            /* The RFC's own area is its receiving end's; its table of areas to send to does not have it. */
            return -Errno.ENODEV;
        }
        if (needsActive && state != InstanceState.ACTIVE) {
            return -Errno.ESHUTDOWN;
        }
        if (!connect(entry)) {
            return needsActive && entry.state() != InstanceState.ACTIVE ? -Errno.ESHUTDOWN : -Errno.ENODEV;
        }
        return 0;
    }

    private int publish(IpiPeer peer, int index, int type, DirectBuffer data, int offset, int size) {
        IpiChannel channel = peer.channel(index);
        LocalApic target = peer.apic(index);
        int result = channel.publish(type, data, offset, size);
        if (result != 0) {
            return result;
        }
        apic.count(Counter.SENT);
        boolean traced = trace.records(TraceMode.IPI);
        /* The receiver announces first and looks for messages then; without a fence here both could miss the other. */
        platform.lightFence();
        boolean seen = channel.isPolled(target.idleWord());
        if (!seen) {
            /* The rest of the protocol has no heavy side: who takes a ring is in a hurry too. */
            VarHandle.fullFence();
            seen = channel.isRung();
        }
        if (seen) {
            if (traced) {
                traceSend(TraceRecordDescriptor.ELIDED, platform.nanoTime(), peer, index, type, data, offset,
                    size);
            }
            return 0;
        }
        long published = traced ? platform.nanoTime() : 0;
        channel.ringing();
        boolean woken = target.raise(LocalApicDescriptor.MULTIKERNEL_VECTOR);
        if (woken) {
            apic.count(Counter.WOKEN);
        }
        channel.rung();
        apic.count(Counter.RUNG);
        if (traced) {
            traceSend(woken ? TraceRecordDescriptor.RUNG | TraceRecordDescriptor.WOKEN : TraceRecordDescriptor.RUNG,
                published, peer, index, type, data, offset, size);
        }
        return 0;
    }

    private void traceSend(int flags, long published, IpiPeer peer, int index, int type, DirectBuffer data,
        int offset, int size) {
        long id = MessageId.of(apic.physicalCpu(), peer.cpu(index), InstanceEntry.lifeOf(peer.lifeWord()),
            peer.channel(index).number());
        if (trace.records(TraceMode.ALL)) {
            trace.record(TraceEvent.SEND, flags, published, id, type, peer.instanceId(), 0, data, offset, size);
        } else {
            trace.record(TraceEvent.SEND, flags, published, id, type, size, peer.instanceId(), 0);
        }
    }

    /** Maps the area of the instance's present life, in place of that of a former one; false if it cannot receive. */
    private boolean connect(InstanceEntry entry) {
        disconnect(entry.id());
        /* Said before the address is read: who takes the area away from here on waits for this CPU. */
        apic.sendsTo(entry.id(), true);
        long lifeWord;
        long area;
        do {
            /* Anew, and as one: the next life's area is there before that life is active. */
            lifeWord = entry.lifeWord();
            area = entry.ipiArea();
        } while (lifeWord != entry.lifeWord());
        boolean receives = !needsActive || InstanceEntry.stateOf(lifeWord) == InstanceState.ACTIVE;
        try {
            if (receives && area != 0 && entry.bootCpu() >= 0) {
                peers[entry.id()] = new IpiPeer(interconnect, entry, lifeWord, area, apic.physicalCpu());
            }
        } catch (MachineException damaged) {
            apic.count(Counter.ANOMALIES);
            anomalies.accept(damaged.getMessage());
        } finally {
            /* Whatever the telling throws: the host waits for this bit before it frees the area. */
            if (peers[entry.id()] == null) {
                apic.sendsTo(entry.id(), false);
            }
        }
        return peers[entry.id()] != null;
    }

    /**
     * Lets go of the areas that have been taken away, and of the lanes to CPUs that instances no longer have. To be
     * called by the CPU between two sends, when it is asked.
     */
    public void letGo() {
        for (int id = 0; id < peers.length; id++) {
            IpiPeer peer = peers[id];
            if (peer != null && instances.entry(id).ipiArea() != peer.area()) {
                disconnect(id);
            } else if (peer != null && peer.isStale()) {
                looks(peer);
            }
        }
    }

    private void disconnect(int instanceId) {
        IpiPeer former = peers[instanceId];
        if (former != null) {
            peers[instanceId] = null;
            former.close();
            apic.sendsTo(instanceId, false);
        }
    }

    /** Unmaps what was mapped. Only once the CPU no longer runs. */
    @Override
    public void close() {
        for (int id = 0; id < peers.length; id++) {
            disconnect(id);
        }
    }
}
