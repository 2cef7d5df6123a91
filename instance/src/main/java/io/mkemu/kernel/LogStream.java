// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static io.mkemu.abi.KernelLogDescriptor.MAX_TEXT;

import io.mkemu.log.KernelLog;
import io.mkemu.log.LogLevel;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * What a kernel's process writes to a standard stream, in its kernel log: each line at once, so that a process that is
 * killed has said all it printed. A line without its end is written by {@link #flush}, or once it is as long as the log
 * can hold, and goes on in another. Any thread.
 */
final class LogStream extends OutputStream {
    private final Printk printk;
    private final LogLevel level;
    /* One byte more than a record holds: it shows whether a character ends there. */
    private final byte[] line = new byte[MAX_TEXT + 1];
    private int length;

    LogStream(Printk printk, LogLevel level) {
        this.printk = printk;
        this.level = level;
    }

    /** Sends System.out at level info and System.err at level warning to a kernel log, from now on. */
    static void redirectStandardStreams(Printk printk) {
        System.setOut(new PrintStream(new LogStream(printk, LogLevel.INFO), false, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(new LogStream(printk, LogLevel.WARNING), false, StandardCharsets.UTF_8));
    }

    @Override
    public synchronized void write(int value) {
        if (value == '\n') {
            int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
            print(end, length);
            return;
        }
        line[length++] = (byte) value;
        if (length == line.length) {
            int end = KernelLog.wholeCharacters(line, MAX_TEXT);
            print(end, end);
        }
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int count) {
        for (int index = offset; index < offset + count; index++) {
            write(bytes[index]);
        }
    }

    /** Writes what has no line end yet. */
    @Override
    public synchronized void flush() {
        if (length > 0) {
            print(length, length);
        }
    }

    /** Writes the first bytes as a line, and keeps what is behind those that it is made of. */
    private void print(int end, int taken) {
        printk.print(level, new String(line, 0, end, StandardCharsets.UTF_8));
        System.arraycopy(line, taken, line, 0, length - taken);
        length -= taken;
    }
}
