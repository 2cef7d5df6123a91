// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.abi.QueuedMailboxDescriptor.*;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.cpu.LocalApic;
import java.lang.invoke.VarHandle;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The consumer's end of all lanes into one CPU. Used by that CPU's thread only.
 *
 * <p>Lanes come to its notice in two ways: a sender rang (a bit in the rung word, then the multikernel vector), or the
 * lane is <em>hot</em>: it delivered lately, the CPU polls it and says so in its idle word, and its sender leaves the
 * doorbell out.
 */
final class QueuedReceiver implements IpiReceiver {
    /* So that a sender that waits for room, and reads head for it, does not take its line away for each message. Of a
       short lane never more than a quarter: a sender that is answered from within the callback finds the rest free. */
    private static final int MESSAGES_PER_HEAD = 8;
    private static final int HEADS_PER_LANE = 4;
    /* What no ready word begins with. */
    private static final long CLOSED = -1;

    private final UnsafeBuffer area;
    /* In this process. Each lane is checked once to lie in the area, and each place in it to lie in the lane. */
    private final long areaAddress;
    private final LocalApic apic;
    private final int block;
    private final int nrCpus;
    private final int slots;
    /* Head is stored after each message whose number has none of these bits. */
    private final int headMask;
    private final int laneLength;
    private final int recordsLength;
    /* Of each lane: messages consumed, where its next record is, in the area, and what its ready word begins with. */
    private final long[] heads;
    private final int[] at;
    private final long[] expected;
    private final long[] work;
    private final HotLanes hot;
    private final IpiDispatcher dispatcher;
    private final IpiDispatcher.Messages messages;
    private final MkIpiData data = new MkIpiData();

    /**
     * The receiving end of a CPU.
     *
     * @param area       the owner's IPI area, checked
     * @param logicalCpu index of the CPU in its instance
     * @param polling    whether this CPU may poll: false with idle=halt, or on a shared core
     * @param dispatcher where messages go
     */
    QueuedReceiver(UnsafeBuffer area, LocalApic apic, int nrCpus, int slots, int logicalCpu, boolean polling,
        IpiDispatcher dispatcher) {
        this.dispatcher = dispatcher;
        this.messages = dispatcher.messages();
        this.area = area;
        this.areaAddress = area.addressOffset();
        this.apic = apic;
        this.nrCpus = nrCpus;
        this.slots = slots;
        this.headMask = Math.clamp(slots / HEADS_PER_LANE, 1, MESSAGES_PER_HEAD) - 1;
        this.block = (int) blockAt(nrCpus, slots, logicalCpu);
        this.laneLength = (int) laneLength(slots);
        this.recordsLength = recordsLength(slots);
        this.heads = new long[nrCpus];
        this.at = new int[nrCpus];
        this.expected = new long[nrCpus];
        this.work = new long[(nrCpus + Long.SIZE - 1) / Long.SIZE];
        this.hot = new HotLanes(apic, nrCpus, polling);
        for (int cpu = 0; cpu < nrCpus; cpu++) {
            area.boundsCheck(laneAt(cpu), laneLength);
            long head = area.getLongVolatile(laneAt(cpu) + HEAD_OFFSET);
            heads[cpu] = consumedOf(head);
            at[cpu] = recordsAt(cpu) + Math.min(atOf(head), recordsLength);
            expected[cpu] = tag(heads[cpu] + 1);
        }
    }

    private int laneAt(int senderCpu) {
        return block + LANES_OFFSET + senderCpu * laneLength;
    }

    private int recordsAt(int senderCpu) {
        return laneAt(senderCpu) + RECORDS_OFFSET;
    }

    private boolean isReady(int senderCpu) {
        return tagOf(UnsafeApi.getLongAcquire(null, areaAddress + at[senderCpu])) == expected[senderCpu];
    }

    private void publishHead(int senderCpu) {
        int lane = laneAt(senderCpu);
        area.putLongRelease(lane + HEAD_OFFSET, head(heads[senderCpu], at[senderCpu] - lane - RECORDS_OFFSET));
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
        for (int cpu = 0; cpu < nrCpus; cpu++) {
            publishHead(cpu);
            if (isReady(cpu)) {
                work[cpu / Long.SIZE] |= 1L << cpu % Long.SIZE;
            }
        }
    }

    @Override
    public boolean takeHot() {
        boolean any = false;
        for (int index = 0; index < hot.length(); index++) {
            int sender = hot.sender(index);
            if (isReady(sender)) {
                work[sender / Long.SIZE] |= 1L << sender % Long.SIZE;
                any = true;
            }
        }
        return any;
    }

    /** Delivers what the noted lanes hold, lane by lane, at most a lane's worth from each. */
    @Override
    public int deliver() {
        int delivered = 0;
        for (int word = 0; word < work.length; word++) {
            long lanes = work[word];
            while (lanes != 0) {
                int senderCpu = word * Long.SIZE + Long.numberOfTrailingZeros(lanes);
                /* Lane by lane: if this one throws, those behind it stay noted. */
                work[word] &= ~Long.lowestOneBit(lanes);
                lanes &= lanes - 1;
                if (senderCpu < nrCpus) {
                    delivered += deliver(senderCpu);
                }
            }
        }
        return delivered;
    }

    private int deliver(int senderCpu) {
        int delivered = 0;
        boolean mayHaveMore = true;
        try {
            while (delivered < slots) {
                int record = at[senderCpu];
                long word = UnsafeApi.getLongAcquire(null, areaAddress + record + READY_OFFSET);
                if (tagOf(word) != expected[senderCpu]) {
                    mayHaveMore = false;
                    break;
                }
                int size = sizeOf(word);
                int records = recordsAt(senderCpu);
                if (size == READY_WRAP && record > records) {
                    at[senderCpu] = records;
                    continue;
                }
                long number = heads[senderCpu] + 1;
                data.wrap(area, record + PAYLOAD_OFFSET, size, senderCpu, (int) word, number);
                if (size > MkIpiDataDescriptor.MAX_DATA_SIZE
                    || record + recordLength(size) > records + recordsLength) {
                    mayHaveMore = false;
                    closeLane(senderCpu);
                    break;
                }
                heads[senderCpu] = number;
                at[senderCpu] = record + recordLength(size);
                expected[senderCpu] = tag(number + 1);
                delivered++;
                messages.dispatch(data);
                if ((number & headMask) == 0) {
                    publishHead(senderCpu);
                }
            }
        } finally {
            /* Whatever the dispatcher throws: the sender gets its room back, and what is behind is looked at again. */
            if (mayHaveMore) {
                work[senderCpu / Long.SIZE] |= 1L << senderCpu % Long.SIZE;
            }
            delivered(senderCpu, delivered);
        }
        return delivered;
    }

    private void delivered(int senderCpu, int messages) {
        if (messages > 0) {
            publishHead(senderCpu);
            apic.count(Counter.RECEIVED, messages);
            hot.delivered(senderCpu);
            if (hot.settles()) {
                takeRetired();
            }
        }
    }

    /** Somebody scribbled over a ready word, and with it over where the next one is: the lane is of no use any more. */
    private void closeLane(int senderCpu) {
        expected[senderCpu] = CLOSED;
        apic.count(Counter.ANOMALIES);
        dispatcher.anomaly(senderCpu, data);
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
