// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.ExitCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The process that is the host of a test's machine. It ends the machine when its standard input ends, so that whatever
 * ends this JVM ends the machine: a pipe is closed by kill -9 too. Any thread.
 */
final class MachineProcess {
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final Set<MachineProcess> RUNNING = ConcurrentHashMap.newKeySet();
    private static final long END_SECONDS = 60;

    static {
        /* The hosts would see the end of their input; whoever waits for this JVM is to find nothing of them. */
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            RUNNING.forEach(MachineProcess::closeInput);
            RUNNING.forEach(process -> process.awaitEnd(END_SECONDS));
        }, "mkemu-test-end"));
    }

    private final String name;
    private final Path directory;
    private final Process process;
    private final Consoles consoles = new Consoles();
    private final List<String> errors = new ArrayList<>();
    private final Thread errorReader;

    /** Starts {@code mk host TREE}, with a name that no other machine has. */
    MachineProcess(Path tree, Path journal) throws IOException {
        name = "test-" + ProcessHandle.current().pid() + "-" + NUMBERS.incrementAndGet();
        directory = base().resolve(name);
        List<String> args = new ArrayList<>(List.of("host", tree.toString(), "--machine", name, "--until-eof"));
        if (journal != null) {
            args.addAll(List.of("--journal", journal.toString(), "--trace", "all"));
        }
        process = MkProgram.command(args).start();
        RUNNING.add(this);
        reader("console", () -> consoles.read(process.inputReader(StandardCharsets.UTF_8)));
        errorReader = reader("errors", this::readErrors);
    }

    private Thread reader(String what, Runnable read) {
        return Thread.ofPlatform().daemon().name(name + "-" + what).start(read);
    }

    private void readErrors() {
        try (BufferedReader from = process.errorReader(StandardCharsets.UTF_8)) {
            for (String line = from.readLine(); line != null; line = from.readLine()) {
                synchronized (errors) {
                    errors.add(line);
                }
            }
        } catch (IOException broken) {
            return;
        }
    }

    /** Where this user's machines lie, as mk has it. */
    private static Path base() throws IOException {
        String chosen = System.getenv("MKEMU_DIR");
        return chosen != null && !chosen.isEmpty() ? Path.of(chosen).toAbsolutePath().normalize()
            : Path.of("/dev/shm/mkemu-" + Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    String name() {
        return name;
    }

    /** Where the machine lies while it runs. */
    Path directory() {
        return directory;
    }

    Consoles consoles() {
        return consoles;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** What it said on stderr, once it has ended. */
    String errors() {
        try {
            if (!process.isAlive()) {
                errorReader.join(TimeUnit.SECONDS.toMillis(1));
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        synchronized (errors) {
            return String.join(" ", errors).replaceFirst("^mk: ", "");
        }
    }

    /** What it ended with. */
    int exitValue() {
        return process.exitValue();
    }

    private void closeInput() {
        try {
            process.getOutputStream().close();
        } catch (IOException ended) {
            return;
        }
    }

    private boolean awaitEnd(long seconds) {
        try {
            return process.waitFor(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Ends the machine in order and waits for that; what a host that was killed left is cleared away.
     *
     * @throws MachineTestException if it does not end; it is killed then, and cleared away all the same
     */
    void end() {
        closeInput();
        boolean ended = awaitEnd(END_SECONDS);
        if (!ended) {
            kill();
        }
        RUNNING.remove(this);
        if (Files.exists(directory)) {
            clear();
        }
        if (!ended) {
            throw new MachineTestException(ExitCode.MACHINE, "machine " + name + " did not end within " + END_SECONDS
                + " s and was killed");
        }
    }

    /** The next host of its name clears what a dead one left, and waits for its instances to end. */
    private void clear() {
        try {
            Process next = MkProgram.command(List.of("host", "--machine", name, "--cpus", "0", "--memory", "4M",
                "--quiet", "--until-eof")).redirectErrorStream(true).start();
            next.getOutputStream().close();
            String said = new String(next.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (next.waitFor() != 0) {
                throw new MachineTestException(ExitCode.MACHINE, "what was left in " + directory
                    + " could not be cleared away: " + said.strip());
            }
        } catch (IOException refused) {
            throw new MachineTestException(ExitCode.MACHINE, "what was left in " + directory
                + " could not be cleared away", refused);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }
}
