// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.abi.KernelCall;
import io.mkemu.abi.TraceEvent;
import io.mkemu.console.Console;
import io.mkemu.console.ConsoleHandler;
import io.mkemu.trace.TraceRecord;
import io.mkemu.tty.ConsoleKind;
import java.util.Arrays;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A console as a replayed module has it: what was typed then is typed again, and what the module shows must be what it
 * showed.
 *
 * @param owner   the module's kernel
 * @param handler what it gave
 * @param answers of the CPU that asks
 * @param differs ends the replay
 */
record ReplayConsole(ReplayKernel owner, ConsoleHandler handler, Supplier<ReplayAnswers> answers,
                     ReplayAnswers.Differences differs) implements Console {
    @Override
    public Session session() {
        TraceRecord answer = answers.get().answer(KernelCall.CONSOLE_SESSION, "session() of the console");
        return answer.id() == 0 ? null : new Session(answer.id(), ConsoleKind.of(answer.arg0()));
    }

    @Override
    public int read(MutableDirectBuffer to, int index, int count) {
        TraceRecord answer = answers.get().answer(KernelCall.CONSOLE_READ, count, ReplayText.consoleRead(count));
        int result = (int) answer.id();
        if (result > 0) {
            byte[] typed = answer.payload();
            if (typed.length != result || result > count) {
                throw differs.differs("the recording has what was typed", typed.length + " of " + result + " bytes");
            }
            to.putBytes(index, typed);
        }
        return result;
    }

    @Override
    public int write(DirectBuffer from, int index, int count) {
        byte[] now = new byte[count];
        from.getBytes(index, now);
        TraceRecord next = answers.get().peek();
        if (next != null && next.event() == TraceEvent.CALL && KernelCall.of(next.type()) == KernelCall.CONSOLE_WRITE
            && !Arrays.equals(count == 0 ? new byte[0] : next.payload(), now)) {
            throw differs.differs(ReplayText.record(next, -1), ReplayText.consoleWrite(now));
        }
        return (int) answers.get().answer(KernelCall.CONSOLE_WRITE, count, ReplayText.consoleWrite(now)).id();
    }

    @Override
    public int finish(int exitCode) {
        return -answers.get().answer(KernelCall.CONSOLE_FINISH, exitCode, 0, ReplayText.consoleFinish(exitCode))
            .arg1();
    }
}
