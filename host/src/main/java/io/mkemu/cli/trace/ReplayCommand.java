// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.type.Interruptible;
import io.mkemu.cli.type.Progress;
import io.mkemu.cli.type.Seconds;
import io.mkemu.host.replay.ReplaySession;
import io.mkemu.host.replay.ReplaySession.Debug;
import io.mkemu.host.replay.ReplaySession.Report;
import io.mkemu.host.replay.ReplaySession.Wanted;
import io.mkemu.host.view.LogText;
import io.mkemu.log.LogLevel;
import io.mkemu.replay.BreakPoint;
import io.mkemu.replay.ReplayResult.Verdict;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mk replay}: a life of an instance once more, out of a journal. */
@Command(name = "replay", mixinStandardHelpOptions = true,
    header = "Runs an instance once more, out of a journal.", description = {
    "Boots an instance alone, with the modules and boot parameters it had, gives its modules the IPIs and the answers "
        + "of their kernel that they had, in the same order, and compares what they send and ask with what they did "
        + "then.",
    "The journal must have been recorded with --trace all from the instance's boot on."},
    footer = {"", "Exits with 0 if all is equal; with 1 at the first difference, which it prints with both sides, or "
        + "if a module hangs or ends its process; with 7 if the recording does not hold what a replay needs.", "",
        "Example: mk run bug.dts --journal bug --trace all; mk replay bug --instance web"})
public final class ReplayCommand implements Callable<Integer> {
    private static final long DEFAULT_MILLIS = 60_000;
    private static final int MAX_PORT = 65_535;

    @Parameters(paramLabel = "JOURNAL", description = "A journal, for its newest recording, or a recording in it.")
    private Path journal;

    @Option(names = "--instance", paramLabel = "NAME", required = true,
        description = "Name or id of the instance; host for the host's own modules.")
    private String instance;

    @Option(names = "--life", paramLabel = "N", description = "Which of its lives, as mk_life= counts them; by default "
        + "the last that is recorded.")
    private Integer life;

    @Option(names = "--timeout", paramLabel = "S", description = "How long one callback, task step or init may take, "
        + "in seconds; default 60, with --debug as long as it takes.")
    private Seconds timeout;

    @Option(names = "--debug", paramLabel = "PORT", arity = "0..1", fallbackValue = "0", description = "Wait for a "
        + "debugger on 127.0.0.1 before a module runs, and print the command that attaches one; on a free port unless "
        + "PORT is given.")
    private Integer debug;

    @Option(names = "--break-at", paramLabel = "STEP", description = "With --debug: run up to this step, and wait for "
        + "the debugger there. Its number, from 1, as the report counts them, or the id of the message that it "
        + "handles, as mk trace prints it.")
    private String breakAt;

    @Option(names = {"-v", "--verbose"}, description = "Print what the kernel logs; with --json on stderr.")
    private boolean verbose;

    @Option(names = "--json", description = "Print one JSON object and nothing else on stdout.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        checkDebug();
        List<String> notes = new ArrayList<>();
        Progress progress = new Progress();
        PrintStream log = json ? System.err : System.out;
        ReplaySession session = new ReplaySession(new Wanted(journal, instance, life,
            timeout != null ? timeout.millis() : debug != null ? 0 : DEFAULT_MILLIS,
            debug == null ? null : new Debug(debug, breakAt == null ? "" : breakAt)),
            new ReplaySession.Listener() {
                @Override
                public synchronized void warning(String text) {
                    progress.clear();
                    note(notes, text);
                }

                @Override
                public synchronized void log(LogLevel level, String text) {
                    if (verbose) {
                        progress.clear();
                        log.println(LogText.printable(text));
                    }
                }

                @Override
                public synchronized void breaks(String step) {
                    progress.clear();
                    log.println(LogText.printable(step));
                }

                @Override
                public synchronized void waits(String attach) {
                    progress.clear();
                    log.println(instance + ": waits for a debugger: " + attach);
                }

                @Override
                public synchronized void progress(long steps, long ofSteps) {
                    progress.show(steps + " of " + ofSteps + " steps");
                }
            });
        int[] code = new int[1];
        Interruptible.run(session::stop, () -> {
            Report report;
            try {
                report = session.run();
            } finally {
                progress.clear();
            }
            ReplayReport.print(report, notes, json, System.out, text -> note(notes, text));
            code[0] = code(report.result().verdict()).code();
        });
        return code[0];
    }

    private void note(List<String> notes, String text) {
        notes.add(text);
        if (!json) {
            System.out.println("note: " + LogText.printable(text));
        }
    }

    private void checkDebug() {
        if (debug == null) {
            check(breakAt == null, "--break-at is for a debugger: add --debug");
            return;
        }
        check(timeout == null, "--timeout is not for --debug: a step takes as long as the debugger holds it up");
        if (breakAt != null) {
            checkBreakAt();
        }
        check(debug >= 0 && debug <= MAX_PORT, "--debug " + debug + ": expected a port, 1.." + MAX_PORT);
        try (ServerSocket free = new ServerSocket()) {
            free.setReuseAddress(true);
            free.bind(new InetSocketAddress("127.0.0.1", debug));
        } catch (IOException taken) {
            throw new MachineException(ExitCode.RESOURCES, "--debug " + debug + ": the port cannot be had on "
                + "127.0.0.1 (" + taken.getMessage() + "); give another, or none for a free one");
        }
    }

    private void checkBreakAt() {
        try {
            BreakPoint.of(breakAt.isEmpty() ? "0" : breakAt);
        } catch (IllegalArgumentException wrong) {
            throw new MachineException(ExitCode.USAGE, "--break-at " + breakAt + ": " + wrong.getMessage());
        }
    }

    private static void check(boolean good, String problem) {
        if (!good) {
            throw new MachineException(ExitCode.USAGE, problem);
        }
    }

    private static ExitCode code(Verdict verdict) {
        return switch (verdict) {
            case EQUAL -> ExitCode.OK;
            case DIFFERENT, HUNG, ENDED -> ExitCode.FAILED;
            case STOPPED -> ExitCode.STATE;
        };
    }
}
