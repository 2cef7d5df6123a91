// SPDX-License-Identifier: Apache-2.0
package io.mkemu.trace;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.testkit.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A CPU that traces as fast as it can, and may be killed at any moment. Record n has id n and says so in each of its
 * fields and bytes; every third one has a payload. A page of the host's memory tells how far it is: records begun at 0,
 * records wanted at 8.
 */
final class TracingProcess {
    static final int BEGUN = 0;
    static final int WANTED = 8;
    private static final TraceEvent[] KINDS = {TraceEvent.SEND, TraceEvent.CALLBACK, TraceEvent.HALT};

    private TracingProcess() {
    }

    static UnsafeBuffer ledger(PhysicalMemory memory, int cpu) {
        return memory.map(memory.layout().hostAt() + cpu * 4096L, 4096).buffer();
    }

    static TraceEvent kind(long id) {
        return KINDS[(int) (id % KINDS.length)];
    }

    static int payload(long id) {
        return id % 3 == 1 ? (int) (id % 257) : 0;
    }

    static byte fill(long id, int at) {
        return (byte) (id * 31 + at * 7);
    }

    /** Whether a record is what was written under its id. */
    static boolean isWhole(TraceRecord record) {
        long id = record.id();
        boolean whole = record.event() == kind(id) && record.time() == id * 3 && record.type() == (int) (id * 5)
            && record.arg0() == (int) (id * 7) && record.arg1() == (int) ~id && record.payloadLength() == payload(id);
        byte[] bytes = record.payload();
        for (int at = 0; whole && at < bytes.length; at++) {
            whole = bytes[at] == fill(id, at);
        }
        return whole;
    }

    private static void write(TraceWriter writer, long id, UnsafeBuffer bytes) {
        int size = payload(id);
        int flags = kind(id) == TraceEvent.CALLBACK ? TraceRecordDescriptor.FIRST : 0;
        if (size == 0) {
            writer.record(kind(id), flags, id * 3, id, (int) (id * 5), 0, (int) (id * 7), (int) ~id);
            return;
        }
        for (int at = 0; at < size; at++) {
            bytes.putByte(at, fill(id, at));
        }
        writer.record(kind(id), flags, id * 3, id, (int) (id * 5), (int) (id * 7), (int) ~id, bytes, 0, size);
    }

    public static void main(String[] args) throws IOException {
        ChildJvm.endWithParent();
        int cpu = Integer.parseInt(args[1]);
        PhysicalMemory memory = PhysicalMemory.open(Path.of(args[0]));
        UnsafeBuffer ledger = ledger(memory, cpu);
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[256]);
        TraceWriter writer = new TraceWriter(memory, cpu);
        System.out.println("up");
        for (long id = ledger.getLongVolatile(BEGUN); id < ledger.getLongVolatile(WANTED); id++) {
            ledger.putLongVolatile(BEGUN, id + 1);
            write(writer, id, bytes);
        }
        Runtime.getRuntime().halt(0);
    }
}
