// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.InstanceDescriptor.BootStep;
import io.mkemu.boot.dt.InstanceSpec;
import io.mkemu.os.Affinity;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/** A life whose process is a child of this one: the default. */
final class InstanceProcess extends InstanceLife {
    private static final int SIGNAL_BASE = 128;
    /** What a JVM says just before it dies belongs to its last words, and those are written after its death. */
    private static final long LAST_WORDS_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final int MAX_LINES = 200;
    private static final long DRAIN_SECONDS = 1;

    private record Output(long nanos, String line) {
    }

    private final Deque<Output> outputs = new ArrayDeque<>();
    private volatile Process process;

    InstanceProcess(Machine machine, InstanceSpec spec, BiConsumer<InstanceLife, String> over) {
        super(machine, spec, over);
    }

    @Override
    BitSet hostCpus() {
        return Affinity.allowed();
    }

    @Override
    long pid() {
        return process == null ? 0 : process.pid();
    }

    /** Starts the JVM inside its CPU partition: it and all its threads inherit the CPU set of the thread that forks. */
    @Override
    void launch() {
        CompletableFuture<Process> started = new CompletableFuture<>();
        Thread spawner = new Thread(() -> {
            try {
                BitSet partition = new BitSet();
                machine().physical(spec().cpus()).forEach(cpu -> partition.set(machine().cpus().hostCpu(cpu)));
                Affinity.set(partition);
                started.complete(new ProcessBuilder(InstanceCommand.ofChild(machine().directory(), spec().id(),
                    entry().cmdline(), spec().modules())).redirectErrorStream(true).start());
            } catch (Throwable refused) {
                /* Whatever it is: somebody waits for it, under the host's lock. */
                started.completeExceptionally(refused);
            }
        }, "exec-" + spec().name());
        spawner.start();
        try {
            /* Not to be interrupted: a process that nobody knows of would stay behind. */
            process = started.join();
        } catch (CompletionException refused) {
            throw new MachineException(ExitCode.RESOURCES, "cannot start the process of instance " + spec().name()
                + ": " + refused.getCause().getMessage(), refused);
        }
        try {
            entry().bootStep(BootStep.FORKED, System.nanoTime());
            Thread reader = daemon("output-", this::readOutput);
            daemon("reaper-", () -> reap(reader));
        } catch (RuntimeException | Error fault) {
            /* A child that nobody reads from or waits for must not be left. */
            process.destroyForcibly();
            throw new MachineException(ExitCode.RESOURCES, "the process of instance " + spec().name()
                + " cannot be looked after, and was ended: " + fault.getMessage(), fault);
        }
    }

    private Thread daemon(String name, Runnable body) {
        Thread thread = new Thread(body, name + spec().name());
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void readOutput() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                add(line);
            }
        } catch (IOException broken) {
            add("mkemu: further output lost: " + broken.getMessage());
        } catch (RuntimeException | Error fault) {
            machine().report("the output of instance " + spec().name() + " is lost from here on", fault);
        }
    }

    private void add(String line) {
        synchronized (outputs) {
            outputs.add(new Output(System.nanoTime(), line));
            if (outputs.size() > MAX_LINES) {
                outputs.removeFirst();
            }
        }
        machine().raiseEvent();
    }

    private void reap(Thread reader) {
        try {
            int exitCode = process.waitFor();
            /* A process that a module left behind may hold the pipe open; the kernel is dead all the same. */
            reader.join(TimeUnit.SECONDS.toMillis(DRAIN_SECONDS));
            over(exitCode == 0 ? "" : exitCode > SIGNAL_BASE ? "killed by signal " + signal(exitCode - SIGNAL_BASE)
                : "ended with exit code " + exitCode);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private static String signal(int number) {
        return switch (number) {
            case 4 -> "4 (SIGILL)";
            case 6 -> "6 (SIGABRT)";
            case 7 -> "7 (SIGBUS)";
            case 9 -> "9 (SIGKILL)";
            case 11 -> "11 (SIGSEGV)";
            case 15 -> "15 (SIGTERM)";
            default -> Integer.toString(number);
        };
    }

    @Override
    void takeOutput(boolean ended, BiConsumer<Boolean, String> line) {
        synchronized (outputs) {
            long now = System.nanoTime();
            while (!outputs.isEmpty() && (ended || now - outputs.getFirst().nanos() > LAST_WORDS_NANOS)) {
                line.accept(ended, outputs.removeFirst().line());
            }
        }
    }

    @Override
    boolean hasOutput() {
        synchronized (outputs) {
            return !outputs.isEmpty();
        }
    }

    @Override
    String waitsFor() {
        return "booting";
    }

    @Override
    boolean destroy() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
        }
        return running != null;
    }
}
