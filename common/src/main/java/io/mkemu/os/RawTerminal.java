// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The terminal on this process's standard input, in raw mode for a while: each key comes at once, also those that are
 * signals else, and the terminal echoes nothing. What is written to it is as before. It is put back when this is
 * closed, or at the latest when the process ends in any way but by SIGKILL. Any thread.
 */
public final class RawTerminal implements AutoCloseable {
    private static final int STDIN = 0;
    private static final int TCGETS = 0x5401;
    private static final int TCSETSW = 0x5403;
    private static final int TERMIOS_BYTES = 64;
    private static final int INPUT_MODES = 0;
    private static final int LOCAL_MODES = 12;
    private static final int CONTROL_CHARACTERS = 17;
    private static final int VTIME = 5;
    private static final int VMIN = 6;
    /** ISTRIP, INLCR, IGNCR, ICRNL, IXON. */
    private static final int INPUT_OFF = 0x20 | 0x40 | 0x80 | 0x100 | 0x400;
    /** ISIG, ICANON, ECHO, ECHONL, IEXTEN. */
    private static final int LOCAL_OFF = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;

    private final byte[] before;
    private final Thread atExit = new Thread(this::restore, "terminal");
    private boolean restored;

    private RawTerminal(byte[] before) {
        this.before = before;
    }

    /** Whether this process's standard input is a terminal. */
    public static boolean isThere() {
        return modes() != null;
    }

    /**
     * Makes it raw.
     *
     * @return to put it back; null if standard input is no terminal
     */
    public static RawTerminal open() {
        byte[] modes = modes();
        if (modes == null) {
            return null;
        }
        RawTerminal terminal = new RawTerminal(modes);
        Runtime.getRuntime().addShutdownHook(terminal.atExit);
        MemorySegment raw = MemorySegment.ofArray(modes.clone());
        ValueLayout.OfInt word = ValueLayout.JAVA_INT_UNALIGNED;
        raw.set(word, INPUT_MODES, raw.get(word, INPUT_MODES) & ~INPUT_OFF);
        raw.set(word, LOCAL_MODES, raw.get(word, LOCAL_MODES) & ~LOCAL_OFF);
        raw.set(ValueLayout.JAVA_BYTE, CONTROL_CHARACTERS + VTIME, (byte) 0);
        raw.set(ValueLayout.JAVA_BYTE, CONTROL_CHARACTERS + VMIN, (byte) 1);
        set((byte[]) raw.heapBase().orElseThrow());
        return terminal;
    }

    private static byte[] modes() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment modes = arena.allocate(TERMIOS_BYTES);
            return Native.call(SystemCall.IOCTL, STDIN, TCGETS, modes.address(), 0) == 0
                ? modes.toArray(ValueLayout.JAVA_BYTE) : null;
        }
    }

    private static void set(byte[] modes) {
        try (Arena arena = Arena.ofConfined()) {
            Native.call(SystemCall.IOCTL, STDIN, TCSETSW,
                arena.allocateFrom(ValueLayout.JAVA_BYTE, modes).address(), 0);
        }
    }

    private synchronized void restore() {
        if (!restored) {
            restored = true;
            set(before);
        }
    }

    @Override
    public void close() {
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException ending) {
            /* It runs, and has nothing to do any more. */
            return;
        }
    }
}
