// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static io.mkemu.journal.JournalDescriptor.FLAGS_OFFSET;
import static io.mkemu.journal.JournalDescriptor.REPEATED;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.os.OsFile;
import io.mkemu.trace.TraceRecord;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;

/**
 * Reads a recording in the order it was written, from its beginning, while it is written and after; from any process.
 * Changes nothing and holds up nobody. What is damaged is told in a line and left out. One thread.
 *
 * <pre>
 *   while (true) {
 *       while (reader.next()) { use(reader.segment()); }
 *       if (!follow || reader.hasEnded()) { break; }
 *       sleep a little
 *   }
 * </pre>
 */
public final class JournalReader implements SegmentSource, AutoCloseable {
    private final Path recording;
    private final Consumer<String> problems;
    private final Segment segment = new Segment();
    private final TraceRecord record = new TraceRecord();
    private QueueTailer tailer;
    private int fileNumber = -1;
    private long watermark;
    private boolean inDocument;
    private boolean hasNewRepeats;
    private int deletedFiles;
    /* Whether the present file had a document: if not, its successor says what it would have repeated. */
    private boolean hasTold = true;
    private long firstNumber;
    private long lastNumber;
    private long endNumber;
    private long damagedSince;
    private long damagedDocuments;
    private long lostDocuments;
    private int lostFiles;
    private int damagedFiles;
    private boolean isBehindDeleted;
    private boolean isDamaged;
    private boolean saidCut;
    private boolean sawEnd;
    private boolean writerGone;
    private boolean hasEnded;

    private JournalReader(Path recording, Consumer<String> problems) {
        this.recording = recording;
        this.problems = problems;
    }

    /**
     * Opens a recording.
     *
     * @param directory a journal, for its newest recording, or a recording
     * @param problems  told what is damaged, in a line each
     * @throws MachineException if there is none
     */
    public static JournalReader open(Path directory, Consumer<String> problems) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new MachineException(ExitCode.MACHINE, directory + " is no directory: name a journal, as --journal "
                + "had it, or a recording in it");
        }
        Path absolute = directory.toAbsolutePath().normalize();
        if (JournalDirectory.isRecording(absolute)) {
            return new JournalReader(absolute, problems);
        }
        List<Path> recordings = JournalDirectory.recordings(absolute);
        if (recordings.isEmpty()) {
            throw new MachineException(ExitCode.MACHINE, directory + " is no journal: no recording of mkemu lies in "
                + "it; mk run FILE.dts --journal DIR makes one");
        }
        return new JournalReader(recordings.getLast(), problems);
    }

    /** Which recording it is. */
    public Path recording() {
        return recording;
    }

    @Override
    public boolean next() throws IOException {
        while (true) {
            if (inDocument && nextSegment()) {
                return true;
            }
            if (!nextDocument() && !nextAfterEnd()) {
                hasEnded |= sawEnd || writerGone;
                return false;
            }
        }
    }

    /** A recording that has ended says how many documents it has: whether another one is there after all. */
    private boolean nextAfterEnd() throws IOException {
        long all = sawEnd ? 0 : JournalDirectory.endedAt(recording);
        if (all <= lastNumber || saidCut) {
            return false;
        }
        /* It may have been written since the last look, before the end was told. */
        boolean more = nextDocument();
        if (!more) {
            saidCut = true;
            long missing = all - lastNumber - damagedSince;
            lostDocuments += Math.max(0, missing);
            problem("recording " + recording + ": its end is missing, " + count(all - lastNumber, "document"));
        }
        return more;
    }

    private static String count(long number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    @Override
    public Segment segment() {
        return segment;
    }

    /**
     * The newest watermark, as {@link JournalDescriptor#WATERMARK_OFFSET} says. While {@link #next} returns false it
     * may be newer than that of the last segment: after the last records the drain says that there are no more.
     */
    public long watermark() {
        return watermark;
    }

    /** How much of the recording has been read, 0..1; less than 0 while it is written, since nobody knows its end. */
    public double share() throws IOException {
        if (endNumber == 0) {
            endNumber = JournalDirectory.endedAt(recording);
        }
        return endNumber < lastNumber || endNumber == 0 ? -1
            : lastNumber == 0 ? 0 : (lastNumber - firstNumber + 1.0) / (endNumber - firstNumber + 1);
    }

    private boolean nextSegment() {
        if (!segment.next()) {
            inDocument = false;
            return false;
        }
        if (segment.isCut()) {
            report("document " + tailer.documents() + " ends within a segment, the rest of it is left out");
            inDocument = false;
            return false;
        }
        int damaged = segment.damagedBytes();
        if (damaged > 0) {
            report("document " + tailer.documents() + " has " + damaged + " bytes of CPU " + segment.cpu()
                + " that are no records, they are left out");
        }
        if (segment.cpu() < 0) {
            lookForEnd();
        }
        return true;
    }

    private void lookForEnd() {
        int end = segment.offset() + segment.length();
        for (int at = segment.offset(); at < end && record.wrap(segment.buffer(), at, end);
            at += record.slots() * TraceRecordDescriptor.LENGTH) {
            sawEnd |= record.event() == TraceEvent.END;
        }
    }

    private boolean nextDocument() throws IOException {
        while (nextInFile() || nextFile()) {
            hasTold = true;
            DirectBuffer document = tailer.document();
            if (tailer.problem() != null) {
                damagedSince++;
                damagedDocuments++;
                report("document " + tailer.documents() + " " + tailer.problem() + ", it is left out");
            } else if (!isInOrder(DocumentStamp.number(document))) {
                report("document " + tailer.documents() + " was there before, it is left out");
            } else if (hasNewRepeats || (document.getInt(FLAGS_OFFSET, ByteOrder.LITTLE_ENDIAN) & REPEATED) == 0) {
                segment.wrap(document);
                watermark = Math.max(watermark, segment.watermark());
                inDocument = true;
                return true;
            }
        }
        return false;
    }

    /** Looks for documents that are missing before this one; false if it is not behind those that were read. */
    private boolean isInOrder(long number) {
        if (number == 0) {
            return true;
        }
        if (number <= lastNumber) {
            return false;
        }
        long missing = isBehindDeleted ? 0 : number - lastNumber - 1 - damagedSince;
        if (missing > 0) {
            lostDocuments += missing;
            report(count(missing, "document") + (missing == 1 ? " is" : " are") + " missing before document "
                + tailer.documents());
        }
        firstNumber = firstNumber == 0 ? number : firstNumber;
        lastNumber = number;
        damagedSince = 0;
        isBehindDeleted = false;
        return true;
    }

    private boolean nextInFile() {
        if (tailer == null) {
            return false;
        }
        try {
            return tailer.next();
        } catch (IOException unreadable) {
            report("cannot be read behind document " + tailer.documents() + ", the rest of it is left out: "
                + unreadable.getMessage());
            closeFile();
            return false;
        }
    }

    private boolean nextFile() throws IOException {
        List<JournalDirectory.File> before;
        List<JournalDirectory.File> files = List.of();
        do {
            before = files;
            files = JournalDirectory.files(recording);
            for (JournalDirectory.File file : files) {
                /* Once its successor is there a file is final: what came since the last look at it is all. */
                if (file.number() > fileNumber && (nextInFile() || openFile(file) && nextInFile())) {
                    return true;
                }
            }
            /* All that were listed may have been deleted before one of them was read: then there are others. */
        } while (isDeleted() && !files.equals(before));
        return false;
    }

    /** Whether nothing at all could be read, of any file. */
    public boolean isEmpty() {
        return watermark == 0;
    }

    private boolean isDeleted() {
        return fileNumber < 0 || !Files.exists(JournalDirectory.file(recording, fileNumber));
    }

    private boolean openFile(JournalDirectory.File file) throws IOException {
        QueueTailer next = null;
        IOException damage = null;
        try {
            next = QueueTailer.open(file.path());
        } catch (NoSuchFileException deletedMeanwhile) {
            return false;
        } catch (IOException damaged) {
            if (!Files.exists(file.path())) {
                return false;
            }
            damage = damaged;
        }
        closeFile();
        tailer = next;
        skip(fileNumber + (hasTold ? 1 : 0), file.number());
        hasNewRepeats = file.number() != fileNumber + 1 || !hasTold;
        /* One that cannot be read is not deleted: that is told otherwise. */
        hasTold = next == null;
        fileNumber = file.number();
        if (damage != null) {
            damagedFiles++;
            report("cannot be opened, it is left out: " + damage.getMessage());
        }
        return next != null;
    }

    /** Tells of files that are not there. The oldest are deleted first, and before that is done it is written down. */
    private void skip(int from, int to) throws IOException {
        int kept = JournalDirectory.keptFrom(recording);
        int deleted = Math.max(0, Math.min(kept, to) - from);
        int lost = to - from - deleted;
        deletedFiles += deleted;
        isBehindDeleted |= deleted > 0;
        if (lost > 0) {
            lostFiles += lost;
            problem("journal " + (lost == 1 ? "file " : "files ") + JournalDirectory.file(recording, to - lost)
                + (lost == 1 ? " is" : " to " + JournalDirectory.file(recording, to - 1).getFileName() + " are")
                + " gone, or nothing in it can be read, though it was not deleted to keep the journal small");
        }
    }

    /**
     * How many queue files were deleted before they could be read, to keep the journal to its limits: what they told is
     * missing before the segment that {@link #next} went to, or before an earlier one.
     */
    public int deletedFiles() {
        return deletedFiles;
    }

    /** Queue files that are not there, or cannot be opened, though nobody has deleted them to keep the limits. */
    public int lostFiles() {
        return lostFiles + damagedFiles;
    }

    /** Documents that are missing: by their numbers they were written, and not in what was deleted. */
    public long lostDocuments() {
        return lostDocuments;
    }

    /** Documents that are not as they were written. */
    public long damagedDocuments() {
        return damagedDocuments;
    }

    /** Whether something was told that is damaged or missing. */
    public boolean isDamaged() {
        return isDamaged;
    }

    /** Whether the recording was ended in order. */
    public boolean isEnded() {
        return sawEnd;
    }

    /** Whether all that was recorded has been read: it was ended in order, and nothing is damaged or deleted. */
    public boolean isComplete() {
        return sawEnd && !isDamaged && deletedFiles == 0;
    }

    @Override
    public boolean hasEnded() throws IOException {
        if (!sawEnd && !writerGone) {
            writerGone = !isBeingWritten();
        }
        return hasEnded;
    }

    private boolean isBeingWritten() throws IOException {
        try (OsFile lock = OsFile.openReadOnly(recording.resolve(JournalDirectory.LOCK))) {
            return lock.isLockedByOther();
        } catch (NoSuchFileException deleted) {
            return false;
        }
    }

    private void report(String what) {
        problem("journal file " + JournalDirectory.file(recording, fileNumber) + ": " + what);
    }

    private void problem(String line) {
        isDamaged = true;
        problems.accept(line);
    }

    private void closeFile() {
        if (tailer != null) {
            try {
                tailer.close();
            } catch (IOException unread) {
                /* It was only read: nothing is lost by this, but it is worth a line. */
                report("cannot be closed: " + unread.getMessage());
            }
            tailer = null;
        }
    }

    @Override
    public void close() {
        closeFile();
    }
}
