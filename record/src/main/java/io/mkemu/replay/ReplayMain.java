// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.kernel.ModuleLoader;
import io.mkemu.log.LogLevel;
import io.mkemu.module.KernelModule;
import io.mkemu.os.Shortage;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The process of a replay.
 *
 * <p>{@code ReplayMain BREAK-POINT SCRIPT MILLISECONDS-FOR-A-STEP}, the first empty for none, the last 0 for no limit.
 * It speaks {@link ReplayProtocol} on stdout, and ends when its stdin does.
 */
public final class ReplayMain {
    private static final long PROGRESS_MILLIS = 500;
    private static final PrintStream OUT =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

    private ReplayMain() {
    }

    /** Replays a script. */
    public static void main(String[] args) {
        if (args.length != 3) {
            System.err.println("mkemu replay: want BREAK-POINT SCRIPT MILLISECONDS; mk replay starts this itself");
            Runtime.getRuntime().halt(ExitCode.USAGE.code());
        }
        PrintStream err = System.err;
        int code = ExitCode.OK.code();
        try {
            watchParent(Path.of(args[1]));
            System.setOut(new PrintStream(new ReplayLineStream(line -> log(LogLevel.INFO, line)), true,
                StandardCharsets.UTF_8));
            System.setErr(new PrintStream(new ReplayLineStream(line -> log(LogLevel.WARNING, line)), true,
                StandardCharsets.UTF_8));
            run(BreakPoint.of(args[0]), Path.of(args[1]),
                TimeUnit.MILLISECONDS.toNanos(Long.parseLong(args[2])));
        } catch (MachineException refused) {
            code = refused.exitCode().code();
            say(ReplayProtocol.line(ReplayProtocol.REFUSED, code, refused.getMessage()));
        } catch (IOException broken) {
            code = ExitCode.RESOURCES.code();
            say(ReplayProtocol.line(ReplayProtocol.REFUSED, code, broken.toString()));
        } catch (InterruptedException | RuntimeException | Error fault) {
            String shortage = Shortage.of(fault);
            code = (shortage == null ? ExitCode.INTERNAL : ExitCode.RESOURCES).code();
            if (shortage == null) {
                fault.printStackTrace(err);
            }
            say(ReplayProtocol.line(ReplayProtocol.REFUSED, code, shortage == null ? "fault of mkemu: " + fault
                : shortage));
        }
        Runtime.getRuntime().halt(code);
    }

    private static void run(BreakPoint breakAt, Path file, long stepNanos) throws IOException, InterruptedException {
        try (ScriptReader script = new ScriptReader(file)) {
            List<KernelModule> modules = ModuleLoader.load(script.header().modules());
            Replay replay = new Replay(script, modules, new Replay.Listener() {
                @Override
                public void log(LogLevel level, String text) {
                    ReplayMain.log(level, text);
                }

                @Override
                public void warning(String text) {
                    say(ReplayProtocol.line(ReplayProtocol.WARNING, text));
                }

                @Override
                public void breaks(String step) {
                    say(ReplayProtocol.line(ReplayProtocol.BREAK, step));
                }
            });
            replay.breakAt(breakAt);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> say(ReplayProtocol.line(replay.ended()))));
            Thread progress = new Thread(() -> tellProgress(replay), "progress");
            progress.setDaemon(true);
            progress.start();
            ReplayResult result = replay.run(stepNanos);
            if (breakAt.isMissed()) {
                say(ReplayProtocol.line(ReplayProtocol.WARNING, "it did not stop: no such step was reached"));
            }
            say(ReplayProtocol.line(result));
        }
    }

    private static void log(LogLevel level, String text) {
        text.lines().forEach(line -> say(ReplayProtocol.line(ReplayProtocol.LOG, level.ordinal(), line)));
    }

    private static void tellProgress(Replay replay) {
        try {
            while (true) {
                Thread.sleep(PROGRESS_MILLIS);
                say(ReplayProtocol.line(ReplayProtocol.PROGRESS, replay.steps()));
            }
        } catch (InterruptedException never) {
            Thread.currentThread().interrupt();
        }
    }

    /** One line, whichever thread says it. */
    private static void say(String line) {
        synchronized (OUT) {
            OUT.println(line);
        }
    }

    /**
     * Ends this process when nobody waits for it any more: its stdin is a pipe from who does. The script is nobody's
     * then.
     */
    private static void watchParent(Path script) {
        Thread watch = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {
                    Thread.onSpinWait();
                }
                Files.deleteIfExists(script);
                Files.deleteIfExists(script.toAbsolutePath().getParent());
            } catch (IOException broken) {
                say(ReplayProtocol.line(ReplayProtocol.WARNING, broken.toString()));
            }
            Runtime.getRuntime().halt(ExitCode.HOST_LOST.code());
        }, "parent");
        watch.setDaemon(true);
        watch.start();
    }
}
