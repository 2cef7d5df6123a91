// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.InstanceDescriptor;
import io.mkemu.boot.InstanceDescriptor.BootStep;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceState;
import io.mkemu.boot.dt.InstanceSpec;
import io.mkemu.cpu.LocalApic;
import io.mkemu.cpu.LocalApicDescriptor;
import io.mkemu.os.Affinity;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;

/** The process of one spawned instance, from exec to its end. */
public final class InstanceProcess {
    private static final int SIGNAL_BASE = 128;

    private final Machine machine;
    private final InstanceSpec spec;
    private final InstanceEntry entry;
    private final BiConsumer<String, String> output;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile Process process;
    private volatile boolean stopping;

    /**
     * Prepares.
     *
     * @param output takes the instance's name and a line the process wrote to stdout or stderr
     */
    public InstanceProcess(Machine machine, InstanceSpec spec, BiConsumer<String, String> output) {
        this.machine = machine;
        this.spec = spec;
        this.entry = machine.memory().instances().entry(spec.id());
        this.output = output;
    }

    /** Its entry of the instance table. */
    public InstanceEntry entry() {
        return entry;
    }

    /** Id of the process on this system, which is not always the one the instance itself sees; 0 before exec. */
    public long pid() {
        return process == null ? 0 : process.pid();
    }

    /** Starts the JVM inside its CPU partition: it and all its threads inherit the CPU set of the thread that forks. */
    public void exec() {
        entry.bootStep(BootStep.EXEC, System.nanoTime());
        CompletableFuture<Process> started = new CompletableFuture<>();
        Thread spawner = new Thread(() -> {
            try {
                BitSet partition = new BitSet();
                for (int cpu : entry.cpus()) {
                    partition.set(machine.plan().cpus().hostCpu(cpu));
                }
                Affinity.set(partition);
                started.complete(new ProcessBuilder(
                    InstanceCommand.of(machine.directory(), spec.id(), entry.cmdline(), spec.modules()))
                    .redirectErrorStream(true).start());
            } catch (IOException | RuntimeException refused) {
                started.completeExceptionally(refused);
            }
        }, "exec-" + spec.name());
        spawner.start();
        try {
            process = started.get();
        } catch (ExecutionException refused) {
            throw new MachineException(ExitCode.RESOURCES, "cannot start the process of instance " + spec.name() + ": "
                + refused.getCause().getMessage(), refused);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new MachineException(ExitCode.INTERRUPTED, "interrupted");
        }
        Thread reader = new Thread(this::readOutput, "output-" + spec.name());
        reader.setDaemon(true);
        reader.start();
    }

    private void readOutput() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output.accept(spec.name(), line);
            }
        } catch (IOException broken) {
            output.accept(spec.name(), "output lost: " + broken.getMessage());
        }
        try {
            over(process.waitFor());
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** The process is gone: says why, takes its shares back and tells the supervisor. */
    private void over(int exitCode) {
        boolean wanted = stopping && exitCode == 0;
        if (!wanted && entry.reason().isEmpty()) {
            entry.reason(exitCode > SIGNAL_BASE ? "killed by signal " + signal(exitCode - SIGNAL_BASE)
                : "ended with exit code " + exitCode);
        }
        if (!stopping) {
            output.accept(spec.name(), "mkemu: instance failed: " + entry.reason());
        }
        try {
            Recovery.ended(machine.memory(), entry);
        } catch (MachineException damaged) {
            output.accept(spec.name(), "mkemu: " + damaged.getMessage());
        }
        for (int cpu : entry.cpus()) {
            LocalApic.of(machine.memory(), cpu).retire();
        }
        entry.enter(wanted ? InstanceState.LOADED : InstanceState.FAILED);
        ended.complete(null);
        machine.memory().raiseEvent();
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

    /** Asks the kernel to shut down: its modules exit, its CPUs park, its process ends. */
    public void requestShutdown() {
        stopping = true;
        entry.requested(InstanceDescriptor.REQUEST_SHUTDOWN);
        LocalApic.of(machine.memory(), entry.cpus()[0]).raise(LocalApicDescriptor.REBOOT_VECTOR);
    }

    /**
     * Waits for the end, and forces it when the time is over.
     *
     * @return whether it ended by itself
     */
    public boolean awaitEnd(long deadlineNanos) throws InterruptedException {
        if (process == null) {
            return true;
        }
        try {
            ended.get(Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException late) {
            kill();
            return false;
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Kills the process at once. */
    public void kill() {
        stopping = true;
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
