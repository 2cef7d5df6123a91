// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.replay;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.life.DebuggerWait;
import io.mkemu.host.life.InstanceCommand;
import io.mkemu.log.LogLevel;
import io.mkemu.replay.ReplayBreak;
import io.mkemu.replay.ReplayMain;
import io.mkemu.replay.ReplayProtocol;
import io.mkemu.replay.ReplayResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/** The process in which a life is replayed: that of an instance, without a machine. */
final class ReplayProcess {
    /** On top of the time of a step: to load the modules, and to say so. */
    private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long LOOK_MILLIS = 200;

    private final Path directory;
    private final long stepMillis;
    private final List<String> jvmOptions;
    private final ReplaySession.Debug debug;
    private final ReplaySession.Listener listener;
    private final LongConsumer progress;
    private final DebuggerWait debugger = new DebuggerWait();
    private final AtomicLong heard = new AtomicLong();
    private volatile Process process;
    private volatile boolean stopped;
    private volatile boolean silent;

    /**
     * Prepares.
     *
     * @param directory  holds the script, and takes what a crash leaves
     * @param jvmOptions that the life's JVM had
     * @param stepMillis how long a step may take; 0: as long as it takes
     * @param debug      how it waits for a debugger; null: it does not
     * @param progress   told from time to time how many steps are done
     */
    ReplayProcess(Path directory, List<String> jvmOptions, long stepMillis, ReplaySession.Debug debug,
        ReplaySession.Listener listener, LongConsumer progress) {
        this.jvmOptions = jvmOptions;
        this.debug = debug;
        this.directory = directory;
        this.stepMillis = stepMillis;
        this.listener = listener;
        this.progress = progress;
    }

    /**
     * Runs it.
     *
     * @param script in the directory
     * @throws MachineException if it cannot be run, or is stopped
     */
    ReplayResult run(Path script) throws IOException, InterruptedException {
        List<String> command = InstanceCommand.of(directory.resolve("hs_err.log"), jvmOptions, ReplayMain.class,
            List.of(debug == null ? "" : debug.breakAt(), script.toString(), Long.toString(stepMillis)));
        if (debug != null) {
            command.add(1, debug.breakAt().isEmpty() ? DebuggerWait.option(debug.port())
                : DebuggerWait.option(debug.port(), ReplayBreak.class));
        }
        heard.set(System.nanoTime());
        /* Its stdin stays open as long as this process lives: that is how it knows. */
        process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        Thread watch = new Thread(this::watch, "replay-watch");
        watch.setDaemon(true);
        watch.start();
        ReplayResult result = null;
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                heard.set(System.nanoTime());
                ReplayResult told = take(line);
                result = result == null ? told : result;
            }
        } finally {
            if (result == null) {
                process.destroyForcibly();
            }
        }
        int code = process.waitFor();
        if (stopped) {
            throw new MachineException(ExitCode.INTERRUPTED, "the replay was interrupted");
        }
        if (result == null) {
            throw new MachineException(ExitCode.FAILED, silent ? "the process of the replay said nothing for "
                + TimeUnit.NANOSECONDS.toSeconds(limit()) + " s and was ended; a module stops all of it"
                : "the process of the replay ended with exit code " + code + " in the middle of it");
        }
        return result;
    }

    private long limit() {
        return TimeUnit.MILLISECONDS.toNanos(stepMillis) + GRACE_NANOS;
    }

    private void watch() {
        try {
            while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                if (stepMillis != 0 && System.nanoTime() - heard.get() > limit()) {
                    silent = true;
                    process.destroyForcibly();
                }
            }
        } catch (InterruptedException never) {
            Thread.currentThread().interrupt();
        }
    }

    private ReplayResult take(String line) {
        List<String> fields = ReplayProtocol.fields(line);
        switch (fields.getFirst()) {
            case ReplayProtocol.LOG -> listener.log(LogLevel.of(Integer.parseInt(fields.get(1))), fields.get(2));
            case ReplayProtocol.WARNING -> listener.warning(fields.get(1));
            case ReplayProtocol.PROGRESS -> progress.accept(Long.parseLong(fields.get(1)));
            case ReplayProtocol.RESULT -> {
                return ReplayProtocol.result(fields);
            }
            case ReplayProtocol.REFUSED -> throw new MachineException(
                ExitCode.of(Integer.parseInt(fields.get(1))), fields.get(2));
            case ReplayProtocol.BREAK -> listener.breaks(fields.get(1));
            default -> jvmSays(line);
        }
        return null;
    }

    private void jvmSays(String line) {
        if (debug != null && debugger.line(line)) {
            listener.waits(debugger.attach());
        } else {
            listener.warning("the process of the replay says: " + line);
        }
    }

    /** Ends it. Any thread. */
    void stop() {
        stopped = true;
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
        }
    }
}
