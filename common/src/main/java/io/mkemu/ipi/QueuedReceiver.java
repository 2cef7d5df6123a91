// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.ipi.QueuedMailboxDescriptor.*;

import io.mkemu.cpu.LocalApic;
import io.mkemu.cpu.LocalApicDescriptor.Counter;
import java.lang.invoke.VarHandle;
import org.agrona.concurrent.AtomicBuffer;

/**
 * The consumer's end of all lanes into one CPU. Used by that CPU's thread only.
 *
 * <p>Lanes come to its notice in two ways: a sender rang (a bit in the rung word, then the multikernel vector), or the
 * lane is <em>hot</em>: it delivered lately, the CPU polls it and says so in its idle word, and its sender leaves the
 * doorbell out.
 */
final class QueuedReceiver implements IpiReceiver {
    private final AtomicBuffer area;
    private final LocalApic apic;
    private final int block;
    private final int nrCpus;
    private final int slots;
    private final long[] heads;
    private final long[] work;
    private final HotLanes hot;
    private final MkIpiData data = new MkIpiData();

    /**
     * The receiving end of a CPU.
     *
     * @param area       the owner's IPI area, checked
     * @param logicalCpu index of the CPU in its instance
     * @param polling    whether this CPU may poll: false with idle=halt, or on a shared core
     */
    QueuedReceiver(AtomicBuffer area, LocalApic apic, int nrCpus, int slots, int logicalCpu, boolean polling) {
        this.area = area;
        this.apic = apic;
        this.nrCpus = nrCpus;
        this.slots = slots;
        this.block = (int) blockAt(nrCpus, slots, logicalCpu);
        this.heads = new long[nrCpus];
        this.work = new long[(nrCpus + Long.SIZE - 1) / Long.SIZE];
        this.hot = new HotLanes(apic, nrCpus, polling);
        for (int cpu = 0; cpu < nrCpus; cpu++) {
            heads[cpu] = area.getLongVolatile(laneAt(cpu) + HEAD_OFFSET);
        }
    }

    private int laneAt(int senderCpu) {
        return block + LANES_OFFSET + (int) (senderCpu * laneLength(slots));
    }

    private int slotAt(int senderCpu, long position) {
        return laneAt(senderCpu) + SLOTS_AT_OFFSET + (int) (position & slots - 1) * SLOT_LENGTH;
    }

    private boolean isReady(int senderCpu) {
        long head = heads[senderCpu];
        return area.getLongAcquire(slotAt(senderCpu, head) + READY_OFFSET) == head + 1;
    }

    @Override
    public boolean hasHotMessage() {
        for (int index = 0; index < hot.length(); index++) {
            int sender = hot.sender(index);
            if (sender >= 0 && isReady(sender)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void interrupt(IpiDispatcher dispatcher) {
        boolean any = false;
        for (int word = 0; word < work.length; word++) {
            int offset = block + RUNG_OFFSET + word * Long.BYTES;
            if (area.getLongVolatile(offset) != 0) {
                work[word] |= area.getAndSetLong(offset, 0);
                any = true;
            }
        }
        /**
         * A sender that still saw its bit set left the doorbell out: its message must be seen by the looks that
         * follow.
         */
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
            area.putLongRelease(laneAt(cpu) + HEAD_OFFSET, heads[cpu]);
            if (isReady(cpu)) {
                work[cpu / Long.SIZE] |= 1L << cpu % Long.SIZE;
            }
        }
    }

    @Override
    public void takeHot() {
        for (int index = 0; index < hot.length(); index++) {
            int sender = hot.sender(index);
            if (sender >= 0 && isReady(sender)) {
                work[sender / Long.SIZE] |= 1L << sender % Long.SIZE;
            }
        }
    }

    /** Delivers what the noted lanes hold, lane by lane, at most a lane's worth from each. */
    @Override
    public int deliver(IpiDispatcher dispatcher) {
        int delivered = 0;
        for (int word = 0; word < work.length; word++) {
            long lanes = work[word];
            work[word] = 0;
            while (lanes != 0) {
                int senderCpu = word * Long.SIZE + Long.numberOfTrailingZeros(lanes);
                lanes &= lanes - 1;
                if (senderCpu < nrCpus) {
                    delivered += deliver(senderCpu, dispatcher);
                }
            }
        }
        return delivered;
    }

    private int deliver(int senderCpu, IpiDispatcher dispatcher) {
        int delivered = 0;
        while (delivered < slots && isReady(senderCpu)) {
            long head = heads[senderCpu];
            if (!data.wrap(area, slotAt(senderCpu, head) + DATA_OFFSET) || data.senderCpu() != senderCpu) {
                apic.count(Counter.ANOMALIES);
                dispatcher.anomaly(senderCpu, data);
            } else {
                data.number(head + 1);
                dispatcher.dispatch(data);
            }
            heads[senderCpu] = head + 1;
            area.putLongRelease(laneAt(senderCpu) + HEAD_OFFSET, head + 1);
            delivered++;
        }
        if (delivered > 0) {
            apic.count(Counter.RECEIVED, delivered);
            hot.delivered(senderCpu);
            if (hot.settles()) {
                takeRetired();
            }
        }
        if (delivered == slots) {
            work[senderCpu / Long.SIZE] |= 1L << senderCpu % Long.SIZE;
        }
        return delivered;
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
