// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.Platform;
import io.mkemu.trace.TraceReader;
import io.mkemu.trace.TraceReader.Lost;
import io.mkemu.trace.TraceReader.Running;

/** A CPU's trace ring as the drain sees it: its end, and who owns the CPU. One thread. */
final class DrainedRing {
    private final TraceReader reader;
    private final Platform clock;
    private final int cpu;
    private int instance = -1;
    private long life;
    private Running unfinished;

    DrainedRing(PhysicalMemory memory, int cpu) {
        this.reader = new TraceReader(memory, cpu);
        this.cpu = cpu;
        this.clock = memory.platform();
    }

    /** From now on its records are this life's. */
    void owner(int newInstance, long newLife) {
        instance = newInstance;
        life = newLife;
    }

    /** Whether it belongs to an instance. */
    boolean isOf(int owner) {
        return instance == owner;
    }

    /**
     * Moves what waited when it was called into documents.
     *
     * @param full called when the document has no more room; clears it
     */
    void drain(DocumentBuilder document, Runnable full) {
        int left = reader.waiting();
        boolean more = true;
        while (more) {
            makeRoom(document, full);
            int copied = document.drain(reader, cpu, instance, life);
            Lost lost = reader.lost();
            if (lost.any()) {
                makeRoom(document, full);
                gap(document, lost);
            }
            left -= copied;
            more = copied > 0 && left > 0;
        }
    }

    /** Writes how many records are missing here, into a document that has room for it. */
    void gap(DocumentBuilder document, Lost lost) {
        document.record(cpu, instance, life, reader.position(), TraceEvent.GAP, 0, clock.nanoTime(), lost.others(), 0,
            0, u32(lost.sends()), u32(lost.deliveries()));
    }

    /** Writes the callback in which the CPU's kernel died, if it did in one; once it is dead and drained. */
    void unfinished(DocumentBuilder document, Runnable full) {
        Running running = reader.running();
        if (running != null && !running.equals(unfinished)) {
            makeRoom(document, full);
            document.record(cpu, instance, life, reader.position(), TraceEvent.CALLBACK,
                TraceRecordDescriptor.FIRST | TraceRecordDescriptor.UNFINISHED, running.time(), running.id(),
                running.type(), running.size(), 0, 0);
        }
        unfinished = running;
    }

    private static void makeRoom(DocumentBuilder document, Runnable full) {
        if (!document.hasRoom()) {
            full.run();
        }
    }

    private static int u32(long count) {
        return (int) Math.min(count, 0xffff_ffffL);
    }
}
