// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.Errno;
import io.mkemu.console.Console;
import io.mkemu.console.ConsoleHandler;
import io.mkemu.tty.ConsoleKind;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The console of a {@link FakeKernel}. The test attaches, types and reads what is shown; the module that has opened it
 * is told at once, in the same call. One thread.
 */
public final class FakeConsole implements Console {
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private final ByteArrayOutputStream typed = new ByteArrayOutputStream();
    private ConsoleHandler handler;
    private Session session;
    private long sessions;
    private boolean ended;
    private int room = Integer.MAX_VALUE;
    private int exitCode = -1;

    boolean open(ConsoleHandler by) {
        if (handler != null) {
            return false;
        }
        handler = by;
        return true;
    }

    /** Attaches a user. What the one before had typed and not read is gone. */
    public void attach(ConsoleKind kind) {
        session = new Session(++sessions, kind);
        shown.reset();
        typed.reset();
        ended = false;
        exitCode = -1;
        tell();
    }

    /** Detaches the user. */
    public void detach() {
        session = null;
        tell();
    }

    /** Types text. */
    public void type(String text) {
        type(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Types bytes. */
    public void type(byte[] bytes) {
        typed.writeBytes(bytes);
        tell();
    }

    /** Nothing more is typed in this session. */
    public void endInput() {
        ended = true;
        tell();
    }

    /** From now on the user takes so many bytes more, then no more until this is called again. */
    public void room(int bytes) {
        room = bytes;
        tell();
    }

    /** What was shown in this session and not taken by the test yet. */
    public String shown() {
        String text = shown.toString(StandardCharsets.UTF_8);
        shown.reset();
        return text;
    }

    /** What the module ended the session with, or -1. */
    public int exitCode() {
        return exitCode;
    }

    /** As {@code mk exec NAME -- COMMAND}: attaches, types the line; returns what was shown. */
    public String run(String command) {
        attach(ConsoleKind.COMMAND);
        type(command + "\n");
        return shown();
    }

    private void tell() {
        if (handler != null) {
            handler.onConsole(this);
        }
    }

    @Override
    public Session session() {
        return session;
    }

    @Override
    public int read(MutableDirectBuffer to, int index, int count) {
        if (session == null || ended && typed.size() == 0) {
            return -Errno.ESHUTDOWN;
        }
        byte[] all = typed.toByteArray();
        int taken = Math.min(count, all.length);
        to.putBytes(index, all, 0, taken);
        typed.reset();
        typed.write(all, taken, all.length - taken);
        return taken;
    }

    @Override
    public int write(DirectBuffer from, int index, int count) {
        if (session == null) {
            return -Errno.ESHUTDOWN;
        }
        int put = Math.min(count, room);
        byte[] bytes = new byte[put];
        from.getBytes(index, bytes);
        shown.writeBytes(bytes);
        room -= put;
        return put;
    }

    @Override
    public int finish(int code) {
        if (session == null) {
            return -Errno.ESHUTDOWN;
        }
        exitCode = code & 0xff;
        session = null;
        return 0;
    }
}
