// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.report;

import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The reports of a machine's lives: files in its directory, which go with it, or in the one that MKEMU_REPORTS names.
 * What is in RAM is taken by the caller's thread; the rest is done by a thread of this object. It throws nothing: a
 * report that cannot be written must not hold up what follows a death. Thread-safe.
 */
public final class Reports implements AutoCloseable {
    /** So many of a machine are kept, the newest. */
    public static final int MOST = 16;
    private static final String PLACE = "MKEMU_REPORTS";
    private static final String PARTIAL = ".partial";
    private static final long END_MILLIS = 3000;

    private final MappedMachine machine;
    private final String name;
    private final Path directory;
    private final String prefix;
    private final Consumer<String> problems;
    private final ExecutorService writer = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "reports");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * Those of a machine.
     *
     * @param problems told in a line why a report is not written
     */
    public Reports(MappedMachine machine, MachineDirectory place, Consumer<String> problems) {
        this.machine = machine;
        this.name = place.machine();
        this.directory = directory(place);
        this.prefix = prefix(place);
        this.problems = problems;
    }

    private static Path directory(MachineDirectory place) {
        String chosen = System.getenv(PLACE);
        return chosen == null || chosen.isEmpty() ? place.path() : Path.of(chosen).toAbsolutePath().normalize();
    }

    private static String prefix(MachineDirectory place) {
        return directory(place).equals(place.path()) ? "" : place.machine() + "-";
    }

    /** Where the report of a life is, or will be. */
    public Path path(int id, long life) {
        return directory.resolve(prefix + "report-instance-" + id + "-life-" + life + ".txt");
    }

    /**
     * The newest report of an instance, or null.
     *
     * @param life of that life; 0 for any
     */
    public static Path find(MachineDirectory place, int id, long life) throws IOException {
        return all(directory(place), Pattern.compile(Pattern.quote(prefix(place)) + "report-instance-" + id + "-life-"
            + (life == 0 ? "\\d+" : life) + "\\.txt")).stream().reduce((one, later) -> later).orElse(null);
    }

    /** From the oldest to the newest. */
    private static List<Path> all(Path directory, Pattern name) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> name.matcher(file.getFileName().toString()).matches())
                .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                .sorted(Comparator.comparing(Reports::written).thenComparing(Comparator.naturalOrder())).toList();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }

    private static FileTime written(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException gone) {
            return FileTime.fromMillis(0);
        }
    }

    /**
     * Reports a life: takes now what is in RAM, and writes it soon.
     *
     * @param stacks what is known of the stacks of its CPUs; asked by another thread, soon
     */
    public void take(LifeFacts facts, Supplier<List<String>> stacks) {
        try {
            ReportText text = LifeReport.of(machine, name, facts);
            writer.execute(() -> write(facts, text, stacks));
        } catch (RejectedExecutionException ending) {
            /* The machine ends, and its directory with it. */
            return;
        } catch (RuntimeException | Error fault) {
            problems.accept("mkemu: the report of " + facts.name() + " cannot be taken: " + fault);
        }
    }

    private void write(LifeFacts facts, ReportText text, Supplier<List<String>> stacks) {
        try {
            text.section("stacks of its CPUs", () -> stacks.get().forEach(line -> text.add("  " + line)));
            Path file = path(facts.id(), facts.life());
            Path partial = file.resolveSibling(file.getFileName() + PARTIAL);
            try (FileChannel channel = FileChannel.open(partial, Set.of(StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            } catch (IOException fault) {
                Files.deleteIfExists(partial);
                throw fault;
            }
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
            List<Path> all = all(directory, Pattern.compile(Pattern.quote(prefix)
                + "report-instance-\\d+-life-\\d+\\.txt"));
            for (Path old : all.subList(0, Math.max(0, all.size() - MOST))) {
                Files.deleteIfExists(old);
            }
        } catch (IOException | RuntimeException | Error fault) {
            problems.accept("mkemu: the report of " + facts.name() + ", life " + facts.life() + ", is not written: "
                + fault);
        }
    }

    /** Writes what was taken, and takes no more. */
    @Override
    public void close() {
        writer.shutdown();
        try {
            writer.awaitTermination(END_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }
}
