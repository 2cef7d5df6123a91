// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.abi.QueuedMailboxDescriptor.*;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cpu.LocalApic;
import io.mkemu.table.InstanceTable;
import java.lang.invoke.VarHandle;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The consumer's end of all lanes into one CPU. Used by that CPU's thread only.
 *
 * <p>Lanes come to its notice in two ways: a sender rang (a bit in the rung word, then the multikernel vector), or the
 * lane is <em>hot</em>: it delivered lately, the CPU polls it and says so in its idle word, and its sender leaves the
 * doorbell out.
 */
final class QueuedReceiver implements IpiReceiver {
    /* From one lane before the others, the vectors and the tasks of the CPU get their turn, however deep it is. */
    private static final int MESSAGES_PER_LOOK = 64;

    private final UnsafeBuffer area;
    private final LocalApic apic;
    private final int block;
    private final QueuedLane[] lanes;
    private final long[] work;
    private final HotLanes hot;
    private final IpiDispatcher dispatcher;
    private final IpiDispatcher.Messages messages;
    private final MkIpiData data;
    /* The lane that delivered last, if it is polled. */
    private QueuedLane hottest;

    /**
     * The receiving end of a CPU.
     *
     * @param area       the owner's IPI area, checked
     * @param logicalCpu index of the CPU in its instance
     * @param polling    whether this CPU may ever poll: false with idle=halt
     * @param dispatcher where messages go
     * @param instances  say who owns a CPU
     */
    QueuedReceiver(UnsafeBuffer area, LocalApic apic, int nrCpus, int slots, int logicalCpu, boolean polling,
        IpiDispatcher dispatcher, InstanceTable instances) {
        this.data = new MkIpiData(instances);
        this.dispatcher = dispatcher;
        this.messages = dispatcher.messages();
        this.area = area;
        this.apic = apic;
        this.block = (int) blockAt(nrCpus, slots, logicalCpu);
        this.work = new long[(nrCpus + Long.SIZE - 1) / Long.SIZE];
        this.hot = new HotLanes(apic, nrCpus, polling);
        this.lanes = new QueuedLane[nrCpus];
        for (int cpu = 0; cpu < nrCpus; cpu++) {
            lanes[cpu] = new QueuedLane(area, (int) laneAt(nrCpus, slots, logicalCpu, cpu), slots, cpu);
        }
    }

    private void note(QueuedLane lane) {
        work[lane.senderCpu() / Long.SIZE] |= 1L << lane.senderCpu() % Long.SIZE;
    }

    @Override
    public void interrupt() {
        boolean any = false;
        for (int word = 0; word < work.length; word++) {
            int offset = block + RUNG_OFFSET + word * Long.BYTES;
            if (area.getLongVolatile(offset) != 0) {
                work[word] |= area.getAndSetLong(offset, 0);
                any = true;
            }
        }
        /* A sender that still saw its bit set left the doorbell out: its message must be seen by the next looks. */
        VarHandle.fullFence();
        if (!any) {
            apic.count(Counter.SPURIOUS);
        }
    }

    @Override
    public void audit() {
        for (int word = 0; word < work.length; word++) {
            work[word] |= area.getAndSetLong(block + RUNG_OFFSET + word * Long.BYTES, 0);
        }
        for (QueuedLane lane : lanes) {
            lane.publishHead();
            if (lane.isReady()) {
                note(lane);
            }
        }
    }

    @Override
    public boolean takeHot() {
        boolean any = false;
        for (int index = 0; index < hot.length(); index++) {
            QueuedLane lane = lanes[hot.sender(index)];
            if (lane.isReady()) {
                note(lane);
                any = true;
            }
        }
        return any;
    }

    @Override
    public boolean isHottestReady() {
        return hottest != null && hottest.isReady();
    }

    @Override
    public int deliverHottest() {
        return deliver(hottest);
    }

    /** Delivers what the noted lanes hold, lane by lane, at most {@link #MESSAGES_PER_LOOK} from each. */
    @Override
    public int deliver() {
        int delivered = 0;
        for (int word = 0; word < work.length; word++) {
            long noted = work[word];
            while (noted != 0) {
                int senderCpu = word * Long.SIZE + Long.numberOfTrailingZeros(noted);
                /* Lane by lane: if this one throws, those behind it stay noted. */
                work[word] &= ~Long.lowestOneBit(noted);
                noted &= noted - 1;
                if (senderCpu < lanes.length) {
                    delivered += deliver(lanes[senderCpu]);
                }
            }
        }
        return delivered;
    }

    private int deliver(QueuedLane lane) {
        int delivered = 0;
        boolean mayHaveMore = true;
        try {
            while (delivered < MESSAGES_PER_LOOK && (mayHaveMore = lane.next(data))) {
                delivered++;
                messages.dispatch(data);
                if (lane.owesHead()) {
                    lane.publishHead();
                }
            }
        } finally {
            /* Whatever the dispatcher throws: the sender gets its room back, and what is behind is looked at again. */
            if (mayHaveMore) {
                note(lane);
            }
            if (delivered > 0) {
                delivered(lane, delivered);
            }
        }
        if (!mayHaveMore && lane.hasClosed()) {
            apic.count(Counter.ANOMALIES);
            dispatcher.anomaly(lane.senderCpu(), data);
        }
        return delivered;
    }

    private void delivered(QueuedLane lane, int messages) {
        lane.publishHead();
        apic.count(Counter.RECEIVED, messages);
        if (lane != hottest) {
            hottest = hot.delivered(lane.senderCpu()) ? lane : null;
            if (hot.settles()) {
                takeRetired();
            }
        }
        if (messages == MESSAGES_PER_LOOK) {
            hot.floods();
        }
    }

    @Override
    public void announceRunning() {
        hot.announceRunning();
    }

    @Override
    public boolean announceHalted() {
        boolean known = hot.announceHalted();
        if (known) {
            takeRetired();
        }
        return known;
    }

    private void takeRetired() {
        takeHot();
        hot.forget();
    }

    @Override
    public boolean hasWork() {
        for (long word : work) {
            if (word != 0) {
                return true;
            }
        }
        return false;
    }
}
