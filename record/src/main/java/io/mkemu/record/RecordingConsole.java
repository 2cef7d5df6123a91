// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import io.mkemu.abi.KernelCall;
import io.mkemu.console.Console;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A console as a module is given it: while everything is recorded, what is typed and what is shown goes into the trace
 * ring of the CPU that has it. Used on that CPU.
 *
 * @param console the kernel's
 * @param calls   where to record now, or null
 */
record RecordingConsole(Console console, Supplier<CallTrace> calls) implements Console {
    @Override
    public Session session() {
        Session session = console.session();
        answer(KernelCall.CONSOLE_SESSION, session == null ? 0 : session.number(),
            session == null ? 0 : session.kind().ordinal(), 0, null);
        return session;
    }

    @Override
    public int read(MutableDirectBuffer to, int index, int count) {
        int result = console.read(to, index, count);
        answer(KernelCall.CONSOLE_READ, result, count, 0, result > 0 ? new UnsafeBuffer(to, index, result) : null);
        return result;
    }

    @Override
    public int write(DirectBuffer from, int index, int count) {
        int result = console.write(from, index, count);
        answer(KernelCall.CONSOLE_WRITE, result, count, 0, count > 0 ? new UnsafeBuffer(from, index, count) : null);
        return result;
    }

    @Override
    public int finish(int exitCode) {
        int result = console.finish(exitCode);
        answer(KernelCall.CONSOLE_FINISH, exitCode, 0, -result, null);
        return result;
    }

    private void answer(KernelCall call, long id, int arg0, int arg1, DirectBuffer payload) {
        CallTrace trace = calls.get();
        if (trace != null && payload != null) {
            trace.answer(call, id, arg0, arg1, payload);
        } else if (trace != null) {
            trace.answer(call, id, arg0, arg1);
        }
    }
}
