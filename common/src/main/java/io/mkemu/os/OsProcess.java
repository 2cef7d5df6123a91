// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;

/** What a process asks of its own identity. */
public final class OsProcess {
    private static final MethodHandle GETUID = Native.plain("getuid", FunctionDescriptor.of(Native.INT));
    private static final MethodHandle SETSID = Native.plain("setsid", FunctionDescriptor.of(Native.INT));

    private static final MethodHandle RAISE =
        Native.plain("raise", FunctionDescriptor.of(Native.INT, Native.INT));
    private static final MethodHandle EXIT = Native.plain("_exit", FunctionDescriptor.ofVoid(Native.INT));
    private static final int SIGSTOP = 19;

    private OsProcess() {
    }

    /**
     * The user this process runs as.
     *
     * @return the real user id
     */
    public static int uid() {
        return call(GETUID);
    }

    /** Leaves the terminal's process group, so that a Ctrl-C meant for the host reaches the host alone. */
    public static void leaveTerminal() {
        call(SETSID);
    }

    /** Stops this whole process, until somebody sends SIGCONT. */
    public static void stopSelf() {
        try {
            int ignored = (int) RAISE.invokeExact(SIGSTOP);
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable fault) {
            throw Native.impossible(fault);
        }
    }

    /**
     * Ends this process at once: _exit. No shutdown hook runs and no other thread is waited for.
     *
     * @param code the exit code
     */
    public static void exitNow(int code) {
        try {
            EXIT.invokeExact(code);
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable fault) {
            throw Native.impossible(fault);
        }
    }

    private static int call(MethodHandle handle) {
        try {
            return (int) handle.invokeExact();
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable fault) {
            throw Native.impossible(fault);
        }
    }
}
