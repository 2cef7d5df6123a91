// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import io.mkemu.abi.TraceMode;
import io.mkemu.bench.contender.CommandLoop;
import io.mkemu.bench.contender.Commands.Boot;
import io.mkemu.bench.contender.Commands.Rate;
import io.mkemu.bench.contender.Commands.Sweep;
import io.mkemu.bench.contender.Commands.VerbTime;
import io.mkemu.bench.contender.Commands.Way;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** A contender's process, which carries out commands. One thread; {@link #close} may be called by any. */
final class ContenderProcess implements AutoCloseable {
    private static final long READY_MILLIS = 120_000;
    private static final long PATIENCE_MILLIS = 60_000;
    private static final long END_SECONDS = 10;

    private final Contender contender;
    private final Process process;
    private final BufferedReader out;
    private final PrintStream in;
    private final Path samples;
    private final Path errors;
    private final ExecutorService reader = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());

    private ContenderProcess(Contender contender, Path place, Process process) {
        this.contender = contender;
        this.process = process;
        this.out = process.inputReader(StandardCharsets.UTF_8);
        this.in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        this.samples = samples(place);
        this.errors = errors(place);
    }

    private static Path samples(Path place) {
        return place.resolveSibling(place.getFileName() + ".samples");
    }

    private static Path errors(Path place) {
        return place.resolveSibling(place.getFileName() + ".err");
    }

    /**
     * Starts a contender and does not wait for it.
     *
     * @param place    a directory of its own; mkemu makes it itself
     * @param compiled where the C peers and the module in C lie
     */
    static ContenderProcess start(Contender contender, Path place, List<Integer> cpus, Path compiled, Path journal)
        throws IOException {
        if (contender.kind() == Contender.Kind.JAVA || contender.kind() == Contender.Kind.LAYER_JAVA) {
            Files.createDirectory(place,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Process process = new ProcessBuilder(contender.command(place, cpus, compiled, journal))
            .redirectError(errors(place).toFile()).start();
        return new ContenderProcess(contender, place, process);
    }

    Contender contender() {
        return contender;
    }

    /** Waits until it takes commands. */
    void awaitReady() throws BenchException, InterruptedException {
        String line = readLine(READY_MILLIS);
        if (!CommandLoop.READY.equals(line)) {
            throw failure("does not start: " + (line == null ? lastError() : line));
        }
    }

    /** Has round trips made; the file they are in, to be deleted. */
    Path roundTrips(int bytes, long millis) throws BenchException, InterruptedException {
        command("rtt " + bytes + " " + millis + " " + samples, millis);
        return samples;
    }

    /** Has pages sent; the file the times are in, to be deleted. */
    Path pages(Way way, long millis) throws BenchException, InterruptedException {
        command("pages " + way + " " + millis + " " + samples, millis);
        return samples;
    }

    Rate rate(int bytes, int senders, long millis) throws BenchException, InterruptedException {
        return parse(command("rate " + bytes + " " + senders + " " + millis, millis));
    }

    Rate idle(long millis) throws BenchException, InterruptedException {
        return parse(command("idle " + millis, millis));
    }

    Boot boot(int instances) throws BenchException, InterruptedException {
        List<Long> numbers = Stream.of(command("boot " + instances, 0)).skip(1).map(Long::valueOf).toList();
        return new Boot(numbers.getFirst(), numbers.subList(1, numbers.size()));
    }

    VerbTime verb(String verb) throws BenchException, InterruptedException {
        String[] words = command("verb " + verb, 0);
        return new VerbTime(Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
    }

    Sweep sweep(int jobs, long millis) throws BenchException, InterruptedException {
        String[] words = command("sweep " + jobs + " " + millis, millis);
        return new Sweep(Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]),
            Long.parseLong(words[4]));
    }

    /** Changes what is recorded; how many records were lost so far. */
    long trace(TraceMode mode) throws BenchException, InterruptedException {
        return Long.parseLong(command("trace " + mode.label(), 0)[1]);
    }

    private static Rate parse(String[] words) {
        return new Rate(Long.parseLong(words[1]), Long.parseLong(words[2]));
    }

    private String[] command(String command, long millis) throws BenchException, InterruptedException {
        in.println(command);
        String answer = readLine(millis + PATIENCE_MILLIS);
        if (answer == null) {
            throw failure("ended: " + lastError());
        }
        String[] words = answer.split(" ");
        if (!words[0].equals(CommandLoop.OK)) {
            throw failure(command.split(" ")[0] + ": " + answer.substring(answer.indexOf(' ') + 1));
        }
        return words;
    }

    private String readLine(long millis) throws BenchException, InterruptedException {
        try {
            return CompletableFuture.supplyAsync(() -> {
                try {
                    return out.readLine();
                } catch (IOException gone) {
                    return null;
                }
            }, reader).get(millis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException hangs) {
            throw failure("does not answer within " + TimeUnit.MILLISECONDS.toSeconds(millis) + " s");
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private BenchException failure(String what) {
        return new BenchException(contender.name() + ": " + what);
    }

    private String lastError() {
        try {
            List<String> lines = Files.readAllLines(errors).stream().filter(line -> !line.isBlank()).toList();
            /* Of a stack trace the first line tells most. */
            return lines.isEmpty() ? "it said nothing" : lines.getFirst();
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    /** Asks it to end. */
    void askEnd() {
        in.close();
    }

    /** Ends it, by force if need be. */
    @Override
    public void close() {
        askEnd();
        reader.shutdownNow();
        boolean ended = false;
        try {
            ended = process.waitFor(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        } finally {
            if (!ended) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        }
    }
}
