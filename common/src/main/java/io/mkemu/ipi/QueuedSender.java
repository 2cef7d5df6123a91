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
    /* 28 messages of 64 bytes: both directions stay in a first level cache, and head is read seldom. A lane of
       fewer than EARLY_JUMP_SLOTS is shorter. */
    private static final int BACK_AT = 2048;

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
    /* From there on it is worth a look whether the lane is empty: then it begins at its first record again. */
    private int backAt = BACK_AT;
    /* Where records must end, and the message whose consumption says that they may go on to the lane's end. */
    private int limit;
    private long jumped;
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
        limit = recordsLength;
        boolean leapt = false;
        while (at <= recordsLength && tail - headSeen < slots) {
            long word = area.getLongVolatile(records + at);
            if (tagOf(word) != tag(tail + 1)) {
                tailAt = at;
                return;
            }
            int size = sizeOf(word);
            if (size == READY_JUMP && !leapt && isPlace((int) word, recordsLength)) {
                leapt = true;
                if ((int) word == 0) {
                    jumpsBack(at);
                } else {
                    limit = recordsLength;
                }
                at = (int) word;
            } else if (size > MkIpiDataDescriptor.MAX_DATA_SIZE || at + recordLength(size) > recordsLength) {
                break;
            } else {
                at += recordLength(size);
                tail++;
                leapt = false;
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
        headSeen = consumedAt(area.getLongVolatile(headWord));
        return tail - headSeen >= slots;
    }

    /* A head that cannot be true tells nothing. */
    private long consumedAt(long head) {
        long consumed = between(headSeen, consumedOf(head));
        return consumed <= tail - headSeen ? headSeen + consumed : headSeen;
    }

    @Override
    public int publish(int type, DirectBuffer data, int offset, int size) {
        if (isFull()) {
            return -Errno.ENOSPC;
        }
        if (data != null) {
            data.boundsCheck(offset, size);
        }
        int length = recordLength(size);
        int at = tailAt < backAt && tailAt + length <= limit ? tailAt : elsewhere(length);
        long record = recordsAddress + at;
        /* Before the record can be seen, or its receiver would take an old payload for the next ready word. */
        UnsafeApi.putLong(record + length, 0);
        SendProbe.at(SendProbe.Step.SIZE);
        SendProbe.at(SendProbe.Step.TYPE);
        if (data != null) {
            copy(data.byteArray(), data.addressOffset() + offset, record + PAYLOAD_OFFSET, size);
        } else {
            UnsafeApi.setMemory(null, record + PAYLOAD_OFFSET, size, (byte) 0);
        }
        SendProbe.at(SendProbe.Step.PAYLOAD);
        UnsafeApi.putLongRelease(null, record + READY_OFFSET, ready(tail + 1, size, type));
        if (at != tailAt) {
            UnsafeApi.putLongRelease(null, recordsAddress + tailAt + READY_OFFSET, jump(tail + 1, at));
        }
        tail++;
        tailAt = at + length;
        SendProbe.at(SendProbe.Step.PUBLISHED);
        return 0;
    }

    /* By words: a payload is short, and the JDK's copy of memory costs more than it. */
    private static void copy(byte[] array, long from, long to, int size) {
        int words = size & -Long.BYTES;
        for (int done = 0; done < words; done += Long.BYTES) {
            UnsafeApi.putLong(null, to + done, UnsafeApi.getLong(array, from + done));
        }
        for (int done = words; done < size; done++) {
            UnsafeApi.putByte(null, to + done, UnsafeApi.getByte(array, from + done));
        }
    }

    /** Where the next record goes, if not behind the last one or not without a thought. */
    private int elsewhere(int length) {
        headSeen = consumedAt(area.getLongVolatile(headWord));
        if (headSeen >= jumped) {
            limit = recordsLength;
        }
        if (tailAt >= backAt) {
            if (headSeen == tail) {
                return back();
            }
            /* Reading head takes its line from the receiver: in a flood ever more seldom. */
            backAt = 2 * tailAt;
        }
        if (tailAt + length <= limit) {
            return tailAt;
        }
        if (limit == recordsLength) {
            return back();
        }
        int over = limit + 2 * Long.BYTES;
        limit = recordsLength;
        return over;
    }

    private int back() {
        jumpsBack(tailAt);
        return 0;
    }

    /* Until the receiver has read a jump nothing may lie on it: a record and the zeroed word behind it end before. */
    private void jumpsBack(int from) {
        limit = from - Long.BYTES;
        jumped = tail + 1;
        backAt = BACK_AT;
    }

    @Override
    public void introduce(int instance, long life) {
        LaneLives.begins(recordsAddress - RECORDS_OFFSET + LIVES_OFFSET, LaneLives.who(instance, life), tail + 1);
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
