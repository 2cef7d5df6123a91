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
            if (!nextDocument()) {
                hasEnded |= sawEnd || writerGone;
                return false;
            }
        }
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
            String problem = Segment.problem(document);
            if (problem != null) {
                report("document " + tailer.documents() + " " + problem + ", it is left out");
            } else if (hasNewRepeats || (document.getInt(FLAGS_OFFSET, ByteOrder.LITTLE_ENDIAN) & REPEATED) == 0) {
                segment.wrap(document);
                watermark = Math.max(watermark, segment.watermark());
                inDocument = true;
                return true;
            }
        }
        return false;
    }

    private boolean nextInFile() {
        if (tailer == null) {
            return false;
        }
        try {
            return tailer.next();
        } catch (RuntimeException | InternalError damaged) {
            report("cannot be read behind document " + tailer.documents() + ", the rest of it is left out: "
                + damaged);
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
        Exception damage = null;
        try {
            next = QueueTailer.open(file.path());
        } catch (NoSuchFileException deletedMeanwhile) {
            return false;
        } catch (IOException | RuntimeException damaged) {
            if (!Files.exists(file.path())) {
                return false;
            }
            damage = damaged;
        }
        closeFile();
        tailer = next;
        deletedFiles += file.number() - fileNumber - (hasTold ? 1 : 0);
        hasNewRepeats = file.number() != fileNumber + 1 || !hasTold;
        /* One that cannot be read is not deleted: that is told otherwise. */
        hasTold = next == null;
        fileNumber = file.number();
        if (damage != null) {
            report("cannot be opened, it is left out: " + (damage instanceof IOException ? damage.getMessage()
                : damage));
        }
        return next != null;
    }

    /**
     * How many queue files were deleted before they could be read, to keep the journal to its limits: what they told is
     * missing before the segment that {@link #next} went to, or before an earlier one.
     */
    public int deletedFiles() {
        return deletedFiles;
    }

    /** Whether the recording was ended in order: it is complete. */
    public boolean isComplete() {
        return sawEnd;
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
        problems.accept("journal file " + JournalDirectory.file(recording, fileNumber) + ": " + what);
    }

    private void closeFile() {
        if (tailer != null) {
            tailer.close();
            tailer = null;
        }
    }

    @Override
    public void close() {
        closeFile();
    }
}
