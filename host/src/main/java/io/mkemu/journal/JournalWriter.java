// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static io.mkemu.journal.JournalDescriptor.FLAGS_OFFSET;
import static io.mkemu.journal.JournalDescriptor.REPEATED;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.os.OsException;
import io.mkemu.os.OsFile;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes a recording: documents as {@link JournalDescriptor} says, in queue files that are rolled by size, and by age
 * where age is limited. A full disk is an answer, not a fault. One thread.
 */
public final class JournalWriter implements DocumentSink.Appender, AutoCloseable {
    /** Longest document. */
    public static final int MAX_DOCUMENT = 256 << 10;
    /** Kept free in each file for what must be said at the end, whatever the disk says. */
    private static final long RESERVE = 192 << 10;
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** A document that says nothing. */
    private static final DirectBuffer OPENING = opening();

    private final Path recording;
    private final OsFile directoryLock;
    private final OsFile recordingLock;
    private final JournalLimits limits;
    private final Retention retention;
    private List<DirectBuffer> preamble = List.of();
    private QueueAppender file;
    private int fileNumber;
    private int documents;
    private long fileBegan = System.nanoTime();
    private boolean fileHasDocuments;
    private String problem;
    private long retryNanos;

    private JournalWriter(Path recording, OsFile directoryLock, OsFile recordingLock, JournalLimits limits)
        throws IOException {
        this.recording = recording;
        this.directoryLock = directoryLock;
        this.recordingLock = recordingLock;
        this.limits = limits;
        this.retention = new Retention(recording.getParent(), limits);
        retention.apply(recording, limits.fileBytes());
        this.file = create(0);
    }

    /**
     * Begins a recording.
     *
     * @param directory of the journal; made if it is not there
     * @param machine   its name, a machine's
     * @throws MachineException if the directory cannot be used; it is as it was then
     * @throws IOException      if the disk has no room for the first file, or refuses
     */
    public static JournalWriter create(Path directory, String machine, JournalLimits limits) throws IOException {
        Path real = JournalPlace.make(directory);
        OsFile lock = OsFile.openOrCreate(real.resolve(JournalDirectory.LOCK));
        try {
            if (!lock.tryLock()) {
                throw new MachineException(ExitCode.MACHINE, "the journal " + directory
                    + " is being written by another host; name another directory with --journal");
            }
            return begin(real, machine, lock, limits);
        } catch (IOException | RuntimeException | Error fault) {
            lock.close();
            throw fault;
        }
    }

    private static JournalWriter begin(Path directory, String machine, OsFile lock, JournalLimits limits)
        throws IOException {
        for (Path former : JournalDirectory.recordings(directory)) {
            Remains.clear(former);
        }
        Path recording = JournalDirectory.newRecording(directory, machine);
        Files.createDirectory(recording, JournalDirectory.OWNER_ONLY);
        OsFile recordingLock = null;
        try {
            recordingLock = OsFile.create(recording.resolve(JournalDirectory.LOCK));
            recordingLock.tryLock();
            JournalDirectory.keptFrom(recording, 0);
            return new JournalWriter(recording, lock, recordingLock, limits);
        } catch (IOException | RuntimeException | Error fault) {
            if (recordingLock != null) {
                recordingLock.close();
            }
            DiskFile.deleteTree(recording);
            throw fault;
        }
    }

    private static DirectBuffer opening() {
        UnsafeBuffer document = new UnsafeBuffer(new byte[JournalDescriptor.SEGMENTS_OFFSET]);
        document.putInt(JournalDescriptor.MAGIC_OFFSET, JournalDescriptor.MAGIC, ByteOrder.LITTLE_ENDIAN);
        document.putInt(FLAGS_OFFSET, REPEATED, ByteOrder.LITTLE_ENDIAN);
        DocumentStamp.put(document, document.capacity(), 0);
        return document;
    }

    /** Whether it is still where it was made: somebody may have removed it, or put another into its place. */
    public boolean isThere() throws IOException {
        return recordingLock.isStillNamed() && Files.exists(JournalDirectory.file(recording, fileNumber));
    }

    /** Where the recording lies. */
    public Path recording() {
        return recording;
    }

    /**
     * Says what each further file must begin with, for readers who find the former ones deleted.
     *
     * @param documents copies, as long as nobody says something else; {@link JournalDescriptor#REPEATED} is set in them
     */
    public void preamble(List<DirectBuffer> documents) {
        List<DirectBuffer> copies = new ArrayList<>();
        for (DirectBuffer document : documents) {
            UnsafeBuffer copy = new UnsafeBuffer(new byte[document.capacity()]);
            copy.putBytes(0, document, 0, document.capacity());
            copy.putInt(FLAGS_OFFSET, copy.getInt(FLAGS_OFFSET, ByteOrder.LITTLE_ENDIAN) | REPEATED,
                ByteOrder.LITTLE_ENDIAN);
            DocumentStamp.put(copy, copy.capacity(), 0);
            copies.add(copy);
        }
        preamble = copies;
    }

    /**
     * Appends a document.
     *
     * @param length 1..{@link #MAX_DOCUMENT}
     * @return false if there is no room on the disk; {@link #problem} says what the disk says
     */
    @Override
    public boolean append(MutableDirectBuffer document, int length) {
        /* Once it was full a new file must be had: what is small would fit in between what does not. */
        if ((problem != null || !file.fits(length, RESERVE)) && !roll()) {
            return false;
        }
        write(document, length);
        return true;
    }

    /**
     * Appends one of the last documents, for which there is room even if {@link #append} found none.
     *
     * @return false if what was kept for that is used up
     */
    @Override
    public boolean appendLast(MutableDirectBuffer document, int length) {
        if (append(document, length)) {
            return true;
        }
        boolean fits = file.fits(length, 0);
        if (fits) {
            write(document, length);
        }
        return fits;
    }

    private void write(MutableDirectBuffer document, int length) {
        DocumentStamp.put(document, length, ++documents);
        file.append(document, 0, length);
        fileHasDocuments = true;
    }

    /** Why the last document could not be appended, or null: what the disk says. */
    @Override
    public String problem() {
        return problem;
    }

    /** To be called now and then, every few seconds: deletes what has become too old. */
    public void keepAge() {
        if (limits.maxAge() == null) {
            return;
        }
        boolean isOld = System.nanoTime() - fileBegan >= TimeUnit.MILLISECONDS.toNanos(limits.rollMillis());
        if (!isOld || !fileHasDocuments || roll()) {
            try {
                retention.apply(recording, 0);
            } catch (IOException refused) {
                QuietLogging.error("what is too old is kept: " + refused);
            }
        }
    }

    private String describe(IOException refused) {
        return recording + ": " + (refused instanceof OsException known ? Errno.name(known.errno())
            : refused.toString());
    }

    private boolean roll() {
        if (problem != null && System.nanoTime() - retryNanos < 0) {
            return false;
        }
        try {
            retention.apply(recording, limits.fileBytes());
            QueueAppender next = create(fileNumber + 1);
            QueueAppender former = file;
            file = next;
            fileNumber++;
            fileBegan = System.nanoTime();
            fileHasDocuments = false;
            problem = null;
            closeFormer(former);
            return true;
        } catch (IOException refused) {
            problem = describe(refused);
            retryNanos = System.nanoTime() + RETRY_NANOS;
            return false;
        }
    }

    private static void closeFormer(QueueAppender former) {
        try {
            former.close();
        } catch (IOException kept) {
            /* It is whole, and only as large as it was made: that counts against the limit, no more. */
            QuietLogging.error("a file of the journal keeps room that it does not need: " + kept.getMessage());
        }
    }

    /** Makes a file of the size that there is room for, and gives it its name once its preamble is in it. */
    private QueueAppender create(int number) throws IOException {
        long told = preamble.stream().mapToLong(DirectBuffer::capacity).sum();
        long least = JournalLimits.minFileBytes() + (told + Chronicle.GRANULE) / Chronicle.GRANULE * Chronicle.GRANULE;
        QueueAppender made = null;
        for (long bytes = Math.max(limits.fileBytes(), least); made == null; bytes = Math.max(bytes / 2
            / Chronicle.GRANULE * Chronicle.GRANULE, least)) {
            try {
                made = QueueAppender.create(recording.resolve(JournalDirectory.NEW), bytes);
            } catch (IOException full) {
                if (bytes == least) {
                    throw full;
                }
            }
        }
        /* Chronicle opens the file at the first document, so that is written while it still has the name it was made
           by; and no reader finds a file that is not one yet. */
        made.append(OPENING, 0, OPENING.capacity());
        for (DirectBuffer document : preamble) {
            made.append(document, 0, document.capacity());
        }
        made.moveTo(JournalDirectory.file(recording, number));
        return made;
    }

    /** Ends the recording and gives back the directory. */
    @Override
    public void close() throws IOException {
        try {
            file.close();
            JournalDirectory.ended(recording, documents);
        } finally {
            recordingLock.close();
            directoryLock.close();
        }
    }
}
