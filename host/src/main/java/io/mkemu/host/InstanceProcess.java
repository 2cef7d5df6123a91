// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.InstanceDescriptor.BootStep;
import io.mkemu.boot.dt.InstanceSpec;
import io.mkemu.os.Affinity;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;

/** An instance whose process is a child of this one: the default. */
public final class InstanceProcess extends InstanceLife {
    private static final int SIGNAL_BASE = 128;

    private volatile Process process;

    /**
     * Prepares.
     *
     * @param output takes the instance's name and a line the process wrote to stdout or stderr
     */
    public InstanceProcess(Machine machine, InstanceSpec spec, BiConsumer<String, String> output) {
        super(machine, spec, output);
    }

    /** Id of the process on this system, which is not always the one the instance itself sees; 0 before exec. */
    public long pid() {
        return process == null ? 0 : process.pid();
    }

    /** Starts the JVM inside its CPU partition: it and all its threads inherit the CPU set of the thread that forks. */
    @Override
    public void exec() {
        entry().bootStep(BootStep.EXEC, System.nanoTime());
        CompletableFuture<Process> started = new CompletableFuture<>();
        Thread spawner = new Thread(() -> {
            try {
                BitSet partition = new BitSet();
                for (int cpu : entry().cpus()) {
                    partition.set(machine().plan().cpus().hostCpu(cpu));
                }
                Affinity.set(partition);
                started.complete(new ProcessBuilder(
                    InstanceCommand.of(machine().directory(), spec().id(), entry().cmdline(), spec().modules()))
                    .redirectErrorStream(true).start());
            } catch (IOException | RuntimeException refused) {
                started.completeExceptionally(refused);
            }
        }, "exec-" + spec().name());
        spawner.start();
        try {
            process = started.get();
        } catch (ExecutionException refused) {
            throw new MachineException(ExitCode.RESOURCES, "cannot start the process of instance " + spec().name()
                + ": " + refused.getCause().getMessage(), refused);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new MachineException(ExitCode.INTERRUPTED, "interrupted");
        }
        Thread reader = new Thread(this::readOutput, "output-" + spec().name());
        reader.setDaemon(true);
        reader.start();
    }

    private void readOutput() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output(line);
            }
        } catch (IOException broken) {
            output("output lost: " + broken.getMessage());
        }
        try {
            int exitCode = process.waitFor();
            over(exitCode == 0, exitCode > SIGNAL_BASE ? "killed by signal " + signal(exitCode - SIGNAL_BASE)
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
    boolean willEnd() {
        return process != null;
    }

    @Override
    String force() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
        }
        return "killed";
    }
}
