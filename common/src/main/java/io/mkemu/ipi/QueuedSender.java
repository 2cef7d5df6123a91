// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.ipi.MkIpiDataDescriptor.*;
import static io.mkemu.ipi.QueuedMailboxDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cpu.LocalApic;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/** The producer's end of one lane. Used by the thread of one CPU only: that is what makes the lane single-producer. */
final class QueuedSender implements IpiChannel {
    private final AtomicBuffer area;
    private final int lane;
    private final int slots;
    private final int senderCpu;
    private final int rungWord;
    private final long rungBit;
    private long tail;
    private long headSeen;
    /* The bit may be a former life's, killed before it raised the vector; only a ring of this life's own counts. */
    private boolean rungByMe;

    QueuedSender(AtomicBuffer area, int nrCpus, int slots, int logicalCpu, int senderCpu) {
        this.area = area;
        this.slots = slots;
        this.senderCpu = senderCpu;
        this.lane = (int) laneAt(nrCpus, slots, logicalCpu, senderCpu);
        this.rungWord = (int) blockAt(nrCpus, slots, logicalCpu) + RUNG_OFFSET + senderCpu / Long.SIZE * Long.BYTES;
        this.rungBit = 1L << senderCpu % Long.SIZE;
        resume();
    }

    /**
     * Finds the position after the last message that can be seen, a former life's too. The tail word is not asked: a
     * position past a slot that nobody filled would hold up the lane for good.
     */
    private void resume() {
        headSeen = area.getLongVolatile(lane + HEAD_OFFSET);
        long last = area.getLongVolatile(slotAt(headSeen - 1) + READY_OFFSET);
        if (headSeen < 0 || last != headSeen && last != headSeen + slots) {
            throw new MachineException(ExitCode.MACHINE, "lane of CPU " + senderCpu + " is damaged: head " + headSeen
                + " where the slot before it holds message " + (last - 1));
        }
        tail = headSeen;
        while (tail - headSeen < slots && area.getLongVolatile(slotAt(tail) + READY_OFFSET) == tail + 1) {
            tail++;
        }
    }

    private int slotAt(long position) {
        return lane + SLOTS_AT_OFFSET + (int) (position & slots - 1) * SLOT_LENGTH;
    }

    /** Whether a message would find no slot now. */
    boolean isFull() {
        if (tail - headSeen < slots) {
            return false;
        }
        long head = area.getLongVolatile(lane + HEAD_OFFSET);
        if (head - headSeen >= 0 && tail - head >= 0) {
            headSeen = head;
        }
        return tail - headSeen >= slots;
    }

    @Override
    public int publish(int type, DirectBuffer data, int offset, int size) {
        if (isFull()) {
            return -Errno.ENOSPC;
        }
        int slot = slotAt(tail);
        int message = slot + DATA_OFFSET;
        area.putLong(message + DATA_SIZE_OFFSET, size);
        SendProbe.at(SendProbe.Step.SIZE);
        area.putInt(message + SENDER_CPU_OFFSET, senderCpu);
        area.putInt(message + TYPE_OFFSET, type);
        SendProbe.at(SendProbe.Step.TYPE);
        if (data != null) {
            area.putBytes(message + BUFFER_OFFSET, data, offset, size);
        } else {
            area.setMemory(message + BUFFER_OFFSET, size, (byte) 0);
        }
        SendProbe.at(SendProbe.Step.PAYLOAD);
        area.putLongRelease(slot + READY_OFFSET, tail + 1);
        SendProbe.at(SendProbe.Step.PUBLISHED);
        tail++;
        area.putLongRelease(lane + TAIL_OFFSET, tail);
        return 0;
    }

    @Override
    public long number() {
        return tail;
    }

    @Override
    public boolean isPolled(long idleWord) {
        return LocalApic.polls(idleWord, senderCpu);
    }

    @Override
    public boolean isRung() {
        return rungByMe && (area.getLongVolatile(rungWord) & rungBit) != 0;
    }

    /** Marks the lane as one the receiver must look into. */
    @Override
    public void ringing() {
        long before;
        do {
            before = area.getLongVolatile(rungWord);
        } while (!area.compareAndSetLong(rungWord, before, before | rungBit));
        SendProbe.at(SendProbe.Step.MARKED);
    }

    @Override
    public void rung() {
        rungByMe = true;
        SendProbe.at(SendProbe.Step.RUNG);
    }
}
