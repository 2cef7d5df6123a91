// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import static io.mkemu.system.modules.RoundsDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.abi.Pages;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** What victim and survivors have in common: a record for the test, epochs, numbered messages. */
final class RoundKernel {
    private final Kernel kernel;
    private final PhysicalMemory ram;
    private final UnsafeBuffer record;
    private final RoundMessage message = new RoundMessage();
    private final int me;
    private final long epoch;

    RoundKernel(Kernel kernel) throws Exception {
        this.kernel = kernel;
        this.me = kernel.instanceId();
        this.ram = PhysicalMemory.openReadOnly(Path.of(kernel.parameter("ram")));
        this.epoch = epochOf(me);
        long address = kernel.instanceAlloc(RECORD_LENGTH, Pages.PAGE_SIZE);
        Window window = kernel.memremap(address, RECORD_LENGTH);
        record = window.buffer();
        record.setMemory(0, RECORD_LENGTH, (byte) 0);
        kernel.printk("record at 0x" + Long.toHexString(address) + " in life " + epoch);
    }

    int me() {
        return me;
    }

    /** This life. */
    long epoch() {
        return epoch;
    }

    long epochOf(int instance) {
        return new MappedMachine(ram).instances().entry(instance).epoch();
    }

    long word(int offset) {
        return record.getLongVolatile(offset);
    }

    void word(int offset, long value) {
        record.putLongVolatile(offset, value);
    }

    void count(int offset) {
        word(offset, word(offset) + 1);
    }

    /** Puts something on the list; what no longer fits is counted all the same. */
    void list(long value) {
        long listed = word(LISTED_OFFSET);
        if (listed < LIST_LENGTH) {
            word(LIST_OFFSET + (int) listed * Long.BYTES, value);
        }
        word(LISTED_OFFSET, listed + 1);
    }

    /** Sends the next message to an instance, and counts what comes of it. */
    int send(int target) {
        int sentOffset = SENT_OFFSET + target * Long.BYTES;
        long sequence = word(sentOffset);
        long before = epochOf(target);
        message.write(me, sequence, epoch, before);
        word(IN_FLIGHT_OFFSET, target);
        int result = kernel.sendIpiData(target, message.bytes(), 0, message.length(), DATA);
        if (result == 0) {
            word(sentOffset, sequence + 1);
        }
        word(IN_FLIGHT_OFFSET, 0);
        if (result == 0 && epochOf(target) != before) {
            list(sequence);
        }
        if (result == -Errno.ENOSPC && target == VICTIM) {
            count(FULL_OFFSET);
        }
        check(target, result, sequence > 0);
        return result;
    }

    /** A full lane is always right, a dead or booting victim too, and a survivor that is not up yet. */
    void check(int target, int result, boolean isUp) {
        if (result == 0 || result == -Errno.ENOSPC) {
            return;
        }
        boolean absent = target == VICTIM || !isUp && me != VICTIM;
        if (!absent || result != -Errno.ESHUTDOWN && result != -Errno.ENODEV) {
            count(BAD_RESULT_OFFSET);
            kernel.printk("bad result " + Errno.name(result) + " of a send to instance " + target);
        }
    }

    /** Counts a message of one sender, of which {@code expected} is the next. */
    void received(DirectBuffer data, int sender, long expected) {
        int offset = RECEIVED_OFFSET + sender * Long.BYTES;
        if (!RoundMessage.isWhole(data, sender)) {
            count(TORN_OFFSET);
            kernel.printk("torn message of instance " + sender);
            return;
        }
        long sequence = RoundMessage.word(data, SEQUENCE_OFFSET);
        if (sequence != expected) {
            count(sequence < expected ? REPEATED_OFFSET : LOST_OFFSET);
            kernel.printk("message " + sequence + " of instance " + sender + " where " + expected + " was due");
        }
        count(offset);
    }
}
