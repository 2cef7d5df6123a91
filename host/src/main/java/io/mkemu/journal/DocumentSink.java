// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import io.mkemu.abi.TraceEvent;
import io.mkemu.trace.TraceReader.Lost;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.agrona.MutableDirectBuffer;

/**
 * Where documents go: into the journal, or, while the disk has no room, into counters that a gap record tells once it
 * has. One thread.
 */
final class DocumentSink {
    /** So much of what is kept about the host is sure to fit into what a file reserves for the end. */
    private static final int LAST_KEPT = 64 << 10;

    /** Where documents are written; {@link JournalWriter} says what its methods do. */
    interface Appender {
        boolean append(MutableDirectBuffer document, int length);

        boolean appendLast(MutableDirectBuffer document, int length);

        String problem();
    }

    private final Appender writer;
    private final DrainedRing[] rings;
    private final Drops drops;
    private final Consumer<String> say;
    private final LongSupplier clock;
    private final DocumentBuilder gaps = new DocumentBuilder();
    private boolean saidFull;
    private long lost;

    DocumentSink(Appender writer, DrainedRing[] rings, Consumer<String> say, LongSupplier clock) {
        this.clock = clock;
        this.writer = writer;
        this.rings = rings;
        this.drops = new Drops(rings.length);
        this.say = say;
    }

    /**
     * Writes a document and clears it.
     *
     * @param mark       its watermark
     * @param markBefore that of the document before it
     */
    void write(DocumentBuilder document, long mark, long markBefore) {
        boolean told = !drops.any() || tellKept(markBefore) && tellGaps(markBefore, false);
        if (!told || !writer.append(document.bytes(mark), document.length())) {
            drop(document);
        }
        document.clear();
    }

    private void drop(DocumentBuilder document) {
        drops.count(document.bytes(0), document.length());
        if (!saidFull) {
            saidFull = true;
            say.accept("mkemu: the journal has no room: what is traced from here on is dropped and counted until it "
                + "has (" + writer.problem() + ")");
        }
    }

    private boolean tellKept(long mark) {
        boolean all = false;
        while (!all) {
            gaps.clear();
            all = drops.tellKept(gaps);
            if (!gaps.isEmpty() && !writer.append(gaps.bytes(mark), gaps.length())) {
                drops.count(gaps.bytes(mark), gaps.length());
                return false;
            }
        }
        return true;
    }

    private boolean tellGaps(long mark, boolean last) {
        gaps.clear();
        for (int cpu = 0; cpu < rings.length; cpu++) {
            Lost lost = drops.lost(cpu);
            if (lost.any()) {
                rings[cpu].gap(gaps, lost);
            }
        }
        if (drops.lostOfHost() > 0) {
            gaps.record(DocumentBuilder.HOST, -1, 0, 0, TraceEvent.GAP, 0, clock.getAsLong(), drops.lostOfHost(), 0, 0,
                0, 0);
        }
        if (!gaps.isEmpty() && !append(gaps, mark, last)) {
            return false;
        }
        if (saidFull) {
            say.accept("mkemu: the journal " + (last ? "ends" : "goes on") + "; " + drops.total()
                + " records are missing in it");
        }
        saidFull = false;
        lost += drops.total();
        drops.told();
        return true;
    }

    private boolean append(DocumentBuilder document, long mark, boolean last) {
        return last ? writer.appendLast(document.bytes(mark), document.length())
            : writer.append(document.bytes(mark), document.length());
    }

    /** How many records are missing in the journal because it had no room for them, told in it or not. */
    long lost() {
        return lost + drops.total();
    }

    /** Says that it is all, and what is missing, on a full disk too. */
    void end(long mark) {
        if (drops.any()) {
            gaps.clear();
            boolean all = drops.tellKept(gaps);
            if (!all || gaps.length() > LAST_KEPT || !append(gaps, mark, true)) {
                drops.forget(gaps.bytes(mark), gaps.length());
            }
            tellGaps(mark, true);
        }
        gaps.clear();
        gaps.record(DocumentBuilder.HOST, -1, 0, 0, TraceEvent.END, 0, clock.getAsLong(), 0, 0, 0, 0, 0);
        append(gaps, mark, true);
    }
}
