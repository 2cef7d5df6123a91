// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.abi.TraceEvent;
import io.mkemu.log.LogLevel;
import io.mkemu.module.KernelModule;
import io.mkemu.replay.ReplayResult.Message;
import io.mkemu.replay.ReplayResult.Verdict;
import io.mkemu.trace.TraceRecord;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Runs modules through a script: their code is run when it ran then, is told what it was told then, and what it does is
 * compared with what it did then, up to the first difference. A thread for each CPU, so that a module finds itself
 * where it was, but one step after the other, in the order in which they began.
 */
public final class Replay {
    /** Takes what the module and the replay have to say. Any thread. */
    public interface Listener {
        /** A line for the kernel log. */
        void log(LogLevel level, String text);

        /** Something makes the replay less than exact. */
        void warning(String text);

        /** It stops for a debugger: before which step, in a line. */
        default void breaks(String step) {
        }
    }

    private static final long MICROS = 1_000_000;

    private final ScriptReader script;
    private final ReplayMachine machine;
    private final ReplayAnswers answers;
    private final Object turns = new Object();
    private int turn = -1;
    private long begun;
    private long steps;
    private long callbacks;
    private ReplayResult result;
    private Throwable failure;
    private final Listener listener;
    private BreakPoint breakAt = BreakPoint.NONE;

    /**
     * Prepares.
     *
     * @param modules those of the script's header, in that order
     */
    public Replay(ScriptReader script, List<KernelModule> modules, Listener listener) {
        this.script = script;
        this.listener = listener;
        this.machine = new ReplayMachine(script.header(), modules, listener, this::differs);
        this.answers = new ReplayAnswers(this::differs);
        for (int cpu = 0; cpu < script.header().cpus().size(); cpu++) {
            machine.cpus().add(new ReplayCpu(this, machine, cpu, answers));
        }
    }

    /** Stops for a debugger before a module's code of a step. */
    public void breakAt(BreakPoint point) {
        breakAt = point;
    }

    /**
     * Runs. Threads that hang in a module stay behind.
     *
     * @param stepNanos how long a step may take; 0: as long as it takes
     * @throws IllegalStateException if the replay itself is at fault
     */
    public ReplayResult run(long stepNanos) throws IOException, InterruptedException {
        synchronized (turns) {
            pass();
            machine.cpus().forEach(Thread::start);
            while (result == null && failure == null) {
                long left = stepNanos == 0 ? Long.MAX_VALUE : stepNanos - (System.nanoTime() - begun);
                if (left <= 0) {
                    end(Verdict.HUNG, "it ends", "it has not ended within "
                        + TimeUnit.NANOSECONDS.toMillis(stepNanos) + " ms; it is at "
                        + ReplayText.place(machine.cpus().get(turn).getStackTrace()));
                } else {
                    TimeUnit.NANOSECONDS.timedWait(turns, left);
                }
            }
            if (failure != null) {
                throw new IllegalStateException("the replay failed in step " + script.number(), failure);
            }
            return result;
        }
    }

    /** The step that is to be done, for the CPU whose turn it is. */
    ScriptReader script() {
        return script;
    }

    /** Waits until it is a CPU's turn; false once the replay is over. */
    boolean awaitTurn(int logicalCpu) throws InterruptedException {
        synchronized (turns) {
            while (turn != logicalCpu && result == null && failure == null) {
                turns.wait();
            }
            return result == null && failure == null;
        }
    }

    /** Code of a module is about to run in this step, or would, if there was any. */
    void beforeModule() {
        if (breakAt.isReached(script.number(), script.record())) {
            long micros = TimeUnit.NANOSECONDS.toMicros(script.record().time() - script.header().createdNanos());
            listener.breaks(String.format(Locale.ROOT, "step %,d, CPU %d: [%5d.%06d] %s", script.number(),
                script.header().cpus().get(script.cpu()), micros / MICROS, micros % MICROS, text()));
            ReplayBreak.before(script.number());
        }
    }

    private String text() {
        List<String> modules = machine.modules().stream().map(each -> each.getClass().getSimpleName()).toList();
        return named(ReplayText.step(script.record(), modules, machine.cpus().get(script.cpu())::taskName));
    }

    private String named(String text) {
        return ReplayText.named(text, machine.typeNames());
    }

    /** The step is done; the next one begins. */
    void pass() throws IOException {
        synchronized (turns) {
            if (result != null) {
                return;
            }
            if (turn >= 0) {
                steps++;
                callbacks += script.record().event() == TraceEvent.CALLBACK ? 1 : 0;
            }
            if (!script.next()) {
                result = result(Verdict.EQUAL, 0, "", "", "");
                turns.notifyAll();
                return;
            }
            begun = System.nanoTime();
            if (turn != script.cpu()) {
                turn = script.cpu();
                turns.notifyAll();
            }
        }
    }

    /** What has been done so far, for a process that ends in a step. */
    ReplayResult ended() {
        synchronized (turns) {
            end(Verdict.ENDED, "it goes on", "the module ends its process");
            return result;
        }
    }

    private ReplayStop differs(String then, String now) {
        end(Verdict.DIFFERENT, then, now);
        return new ReplayStop();
    }

    /** The replay cannot go on, and the module is not at fault. */
    ReplayStop stopped(String why) {
        end(Verdict.STOPPED, "", why);
        return new ReplayStop();
    }

    private void end(Verdict verdict, String then, String now) {
        synchronized (turns) {
            answers.stop();
            if (result == null) {
                result = result(verdict, script.number(), text(), named(then), named(now));
                turns.notifyAll();
            }
        }
    }

    private ReplayResult result(Verdict verdict, long number, String step, String then, String now) {
        boolean inStep = number > 0;
        return new ReplayResult(verdict, steps, callbacks, answers.sends(), answers.answers(), number,
            inStep ? script.cpu() : -1, inStep ? script.record().time() : 0, step, then, now,
            inStep ? handled() : null, answers.sentThen(), answers.sentNow());
    }

    private Message handled() {
        TraceRecord step = script.record();
        return step.event() == TraceEvent.CALLBACK || step.event() == TraceEvent.UNHANDLED
            ? Message.of(step.type(), step.payload()) : null;
    }

    /** The replay itself failed. */
    void failed(Throwable fault) {
        synchronized (turns) {
            failure = fault;
            turns.notifyAll();
        }
    }

    /** Steps done so far. */
    long steps() {
        synchronized (turns) {
            return steps;
        }
    }
}
