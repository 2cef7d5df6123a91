// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A journal on the disk: a directory with a directory for each recording, and in it one for each queue file.
 *
 * <pre>
 *   DIR/lock                            held by the host that writes into DIR
 *   DIR/MACHINE-20261124T021233.123Z/   a recording: when it began, UTC
 *     lock                              held by the host that writes it, then it says how many documents there are
 *     first                             the number of the oldest queue file that was not deleted to keep the limits
 *     000000/  000001/  ...             queue files, in the order they were written: Chronicle Queues
 *     .new/                             the next one, which nobody reads yet
 * </pre>
 */
public final class JournalDirectory {
    static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_FILE =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    static final String LOCK = "lock";
    static final String NEW = ".new";
    private static final String FIRST = "first";
    private static final String ENDED = "ended";
    private static final String GONE = ".gone-";
    private static final Pattern RECORDING = Pattern.compile("(.+)-(\\d{8}T\\d{6}\\.\\d{3}Z)");
    private static final Pattern FILE = Pattern.compile("\\d{6,9}");
    private static final DateTimeFormatter STAMP =
        DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    /**
     * A queue file of a recording.
     *
     * @param path   of its directory
     * @param number of its recording's files, from 0
     */
    record File(Path path, int number) {
    }

    private JournalDirectory() {
    }

    /**
     * The recordings of a journal, the oldest first.
     *
     * @param directory of the journal
     * @throws NoSuchFileException if there is no such directory
     */
    public static List<Path> recordings(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(JournalDirectory::isRecording).sorted(Comparator.comparing(JournalDirectory::stamp))
                .toList();
        }
    }

    /** Whether a directory is a recording, by its name. */
    public static boolean isRecording(Path path) {
        return RECORDING.matcher(path.getFileName().toString()).matches() && Files.isDirectory(path);
    }

    private static String stamp(Path recording) {
        String name = recording.getFileName().toString();
        return name.substring(name.lastIndexOf('-') + 1);
    }

    /** A name for a recording that begins now, later than all that are there. */
    static Path newRecording(Path directory, String machine) throws IOException {
        Instant now = Instant.now();
        List<Path> there = recordings(directory);
        if (!there.isEmpty()) {
            Instant newest = STAMP.parse(stamp(there.getLast()), Instant::from);
            now = now.isAfter(newest.plusMillis(1)) ? now : newest.plusMillis(1);
        }
        return directory.resolve(machine + "-" + STAMP.format(now));
    }

    /** The queue files of a recording, in the order they were written; none if it is gone. */
    static List<File> files(Path recording) throws IOException {
        List<File> files = new ArrayList<>();
        try (Stream<Path> all = Files.list(recording)) {
            all.filter(path -> FILE.matcher(path.getFileName().toString()).matches())
                .forEach(path -> files.add(new File(path, Integer.parseInt(path.getFileName().toString()))));
        } catch (NoSuchFileException gone) {
            return files;
        }
        files.sort(Comparator.comparingInt(File::number));
        return files;
    }

    /** The directory of a queue file. */
    static Path file(Path recording, int number) {
        return recording.resolve(String.format(Locale.ROOT, "%06d", number));
    }

    /**
     * Says, before they are deleted to keep the journal small, that the files before one are gone. It is written
     * in place, so that a full disk has room for it.
     */
    static void keptFrom(Path recording, int number) throws IOException {
        try (FileChannel first = FileChannel.open(recording.resolve(FIRST), Set.of(StandardOpenOption.CREATE,
            StandardOpenOption.WRITE), OWNER_FILE)) {
            String line = String.format(Locale.ROOT, "%09d\n", number);
            first.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)), 0);
        }
    }

    /** The oldest queue file that has not been deleted to keep the journal small; 0 if nothing is told of it. */
    static int keptFrom(Path recording) throws IOException {
        return (int) number(recording.resolve(FIRST), "");
    }

    /** Says that nobody writes a recording any more, that there is nothing to clear up, and how much was written. */
    static void ended(Path recording, long documents) throws IOException {
        Files.writeString(recording.resolve(LOCK), ENDED + " " + documents + "\n");
    }

    /** The number of the last document of a recording that nobody writes any more; 0 if nothing is told of it. */
    static long endedAt(Path recording) throws IOException {
        return number(recording.resolve(LOCK), ENDED);
    }

    private static long number(Path file, String word) throws IOException {
        try {
            String[] text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).strip().split(" ");
            String digits = text[text.length - 1];
            boolean isNumber = digits.matches("[0-9]{1,9}") && (word.isEmpty() || text[0].equals(word));
            return isNumber ? Long.parseLong(digits) : 0;
        } catch (NoSuchFileException gone) {
            return 0;
        }
    }

    /** Removes a queue file; a reader sees all of it or none. */
    static void delete(Path file) throws IOException {
        Path gone = file.resolveSibling(GONE + file.getFileName());
        try {
            Files.move(file, gone);
        } catch (NoSuchFileException alreadyGone) {
            return;
        }
        DiskFile.deleteTree(gone);
    }

    /** Removes what a killed writer has left half made or half removed. */
    static void deleteRemains(Path recording) throws IOException {
        List<Path> remains;
        try (Stream<Path> all = Files.list(recording)) {
            remains = all.filter(path -> isRemains(path.getFileName().toString())).toList();
        }
        for (Path path : remains) {
            DiskFile.deleteTree(path);
        }
    }

    private static boolean isRemains(String name) {
        return name.equals(NEW) || name.startsWith(GONE);
    }

    /** The first file in a journal's directory that mkemu has not made, or null. */
    static Path foreign(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            for (Path path : (Iterable<Path>) all::iterator) {
                boolean isLock = path.getFileName().toString().equals(LOCK) && Files.isRegularFile(path);
                Path found = isLock ? null : isRecording(path) ? foreignInRecording(path) : path;
                if (found != null) {
                    return found;
                }
            }
        }
        return null;
    }

    private static Path foreignInRecording(Path recording) throws IOException {
        try (Stream<Path> all = Files.list(recording)) {
            for (Path path : (Iterable<Path>) all::iterator) {
                String name = path.getFileName().toString();
                boolean isFile = FILE.matcher(name).matches() || isRemains(name);
                Path found = name.equals(LOCK) || name.equals(FIRST) ? null : isFile ? foreignInFile(path) : path;
                if (found != null) {
                    return found;
                }
            }
        }
        return null;
    }

    private static Path foreignInFile(Path file) throws IOException {
        try (Stream<Path> all = Files.list(file)) {
            return all.filter(path -> !Chronicle.isOurs(path)).findFirst().orElse(null);
        }
    }
}
