// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** Down-call handles of the C library, and the place where a call leaves its errno. */
final class Native {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option CAPTURE_ERRNO = Linker.Option.captureCallState("errno");
    private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private Native() {
    }

    /** A handle that takes the errno segment as its first argument. */
    @SuppressWarnings("restricted")
    static MethodHandle withErrno(String symbol, FunctionDescriptor signature, Linker.Option... options) {
        Linker.Option[] all = new Linker.Option[options.length + 1];
        all[0] = CAPTURE_ERRNO;
        System.arraycopy(options, 0, all, 1, options.length);
        return LINKER.downcallHandle(find(symbol), signature, all);
    }

    @SuppressWarnings("restricted")
    static MethodHandle plain(String symbol, FunctionDescriptor signature, Linker.Option... options) {
        return LINKER.downcallHandle(find(symbol), signature, options);
    }

    private static MemorySegment find(String symbol) {
        return LINKER.defaultLookup().find(symbol).orElseThrow(
            () -> new UnsupportedOperationException("the C library has no " + symbol + "(); mkemu needs Linux"));
    }

    static MemorySegment newCallState(Arena arena) {
        return arena.allocate(CALL_STATE);
    }

    static int errno(MemorySegment callState) {
        return (int) ERRNO.get(callState, 0L);
    }

    /** What a down-call handle declares to throw and never does: only a broken signature ends here. */
    static RuntimeException impossible(Throwable fault) {
        return new IllegalStateException("native call failed: " + fault, fault);
    }

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
}
