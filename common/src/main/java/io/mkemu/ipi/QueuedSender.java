// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.abi.QueuedMailboxDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.cpu.LocalApic;
import org.agrona.DirectBuffer;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/** The producer's end of one lane. Used by the thread of one CPU only: that is what makes the lane single-producer. */
final class QueuedSender implements IpiChannel {
    private final UnsafeBuffer area;
    private final int headWord;
    private final int records;
    private final int recordsLength;
    /* Of the first record, in this process; that the lane is mapped is checked here. */
    private final long recordsAddress;
    private final int slots;
    private final int senderCpu;
    private final int rungWord;
    private final long rungBit;
    /* Published, and where the next record goes. */
    private long tail;
    private int tailAt;
    private long headSeen;
    /* The bit may be a former life's, killed before it raised the vector; only a ring of this life's own counts. */
    private boolean rungByMe;

    QueuedSender(UnsafeBuffer area, int nrCpus, int slots, int logicalCpu, int senderCpu) {
        this.area = area;
        this.slots = slots;
        this.senderCpu = senderCpu;
        int lane = (int) laneAt(nrCpus, slots, logicalCpu, senderCpu);
        this.headWord = lane + HEAD_OFFSET;
        this.records = lane + RECORDS_OFFSET;
        this.recordsLength = recordsLength(slots);
        area.boundsCheck(lane, (int) laneLength(slots));
        this.recordsAddress = area.addressOffset() + records;
        this.rungWord = (int) blockAt(nrCpus, slots, logicalCpu) + RUNG_OFFSET + senderCpu / Long.SIZE * Long.BYTES;
        this.rungBit = 1L << senderCpu % Long.SIZE;
        resume();
    }

    /** Finds the place after the last message that can be seen, a former life's too. */
    private void resume() {
        long head = area.getLongVolatile(headWord);
        int at = atOf(head);
        headSeen = consumedOf(head);
        tail = headSeen;
        while (at <= recordsLength && tail - headSeen < slots) {
            long word = area.getLongVolatile(records + at);
            if (tagOf(word) != tag(tail + 1)) {
                tailAt = at;
                return;
            }
            int size = sizeOf(word);
            if (size == READY_WRAP && at > 0) {
                at = 0;
            } else if (size > MkIpiDataDescriptor.MAX_DATA_SIZE || at + recordLength(size) > recordsLength) {
                break;
            } else {
                at += recordLength(size);
                tail++;
            }
        }
        if (at > recordsLength || tail - headSeen < slots) {
            throw new MachineException(ExitCode.MACHINE, "lane of CPU " + senderCpu + " is damaged: head 0x"
                + Long.toHexString(head) + ", after it no record at " + at);
        }
        tailAt = at;
    }

    /** Whether a message would find no slot now. */
    boolean isFull() {
        if (tail - headSeen < slots) {
            return false;
        }
        long consumed = between(headSeen, consumedOf(area.getLongVolatile(headWord)));
        if (consumed <= tail - headSeen) {
            headSeen += consumed;
        }
        return tail - headSeen >= slots;
    }

    @Override
    public int publish(int type, DirectBuffer data, int offset, int size) {
        if (isFull()) {
            return -Errno.ENOSPC;
        }
        int length = recordLength(size);
        boolean wraps = tailAt + length > recordsLength;
        int at = wraps ? 0 : tailAt;
        int record = records + at;
        /* Before the record can be seen, or its receiver would take an old payload for the next ready word. */
        UnsafeApi.putLong(recordsAddress + at + length, 0);
        SendProbe.at(SendProbe.Step.SIZE);
        SendProbe.at(SendProbe.Step.TYPE);
        if (data != null) {
            area.putBytes(record + PAYLOAD_OFFSET, data, offset, size);
        } else {
            area.setMemory(record + PAYLOAD_OFFSET, size, (byte) 0);
        }
        SendProbe.at(SendProbe.Step.PAYLOAD);
        UnsafeApi.putLongRelease(null, recordsAddress + at + READY_OFFSET, ready(tail + 1, size, type));
        if (wraps) {
            UnsafeApi.putLongRelease(null, recordsAddress + tailAt + READY_OFFSET, ready(tail + 1, READY_WRAP, 0));
        }
        tail++;
        tailAt = at + length;
        SendProbe.at(SendProbe.Step.PUBLISHED);
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
