// SPDX-License-Identifier: Apache-2.0
package io.mkemu.console;

import io.mkemu.tty.ConsoleKind;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A console as lines: a line discipline, as a terminal has one. It makes lines of what is typed, echoes it to a
 * terminal, keeps what is shown until the user has room for it, and reads no more meanwhile. A {@link ConsoleHandler}
 * to hand to {@code Kernel.openConsole}.
 *
 * <p>At a terminal: Backspace takes a character away, Ctrl-W a word, Ctrl-U the line; Ctrl-C drops the line; Ctrl-D in
 * an empty line ends the session. A line of more than {@value #MOST_LINE} bytes is not taken, and that is said. One
 * CPU.
 */
public final class ConsoleLines implements ConsoleHandler {
    /** Most bytes of a line. */
    public static final int MOST_LINE = 4096;
    private static final int CTRL_C = 3;
    private static final int CTRL_D = 4;
    private static final int BELL = 7;
    private static final int BACKSPACE = 8;
    private static final int CTRL_U = 21;
    private static final int CTRL_W = 23;
    private static final int FLUSHED = 1 << 14;
    private static final int ESCAPE = 27;
    private static final int DELETE = 127;
    private static final int CONTINUATION_MASK = 0xc0;
    private static final int CONTINUATION = 0x80;
    private static final byte[] RUB_OUT = {'\b', ' ', '\b'};

    /** Takes lines. */
    @FunctionalInterface
    public interface Lines {
        /**
         * A line has been typed.
         *
         * @param line without its end
         * @param out  shows text, and may end the session
         */
        void onLine(String line, ConsoleLines out);
    }

    private final String prompt;
    private final Lines lines;
    private final UnsafeBuffer piece = new UnsafeBuffer(new byte[Console.MOST]);
    private final byte[] line = new byte[MOST_LINE];
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private Console.Session session;
    private int length;
    private int next;
    private int taken;
    private boolean escape;
    private boolean afterReturn;
    private boolean tooLong;
    private int status;
    private int exitCode = -1;
    private Runnable afterwards;

    /**
     * Lines for somebody.
     *
     * @param prompt what a terminal shows before each line
     */
    public ConsoleLines(String prompt, Lines lines) {
        this.prompt = prompt;
        this.lines = lines;
    }

    /** What is at the other end. */
    public ConsoleKind kind() {
        return session == null ? ConsoleKind.LINES : session.kind();
    }

    /** Shows text; at a terminal each line end is one of a terminal's. */
    public void print(String text) {
        String ended = kind() == ConsoleKind.TERMINAL ? text.replace("\n", "\r\n") : text;
        shown.writeBytes(ended.getBytes(StandardCharsets.UTF_8));
    }

    /** Ends the session, once all that was printed is shown. */
    public void finish(int code) {
        exitCode = code;
    }

    /** What the session is to end with, if it ends because no more is typed; 0 at its begin. */
    public void status(int code) {
        status = code;
    }

    /** Has something done once all that was printed is shown, and the session has ended if it was to: what may hang. */
    public void afterwards(Runnable what) {
        afterwards = what;
    }

    @Override
    public void onConsole(Console console) {
        Console.Session now = console.session();
        if (now == null || !now.equals(session)) {
            begin(now);
        }
        while (session != null && flush(console)) {
            if (exitCode >= 0) {
                console.finish(exitCode);
                Runnable last = afterwards;
                begin(null);
                run(last);
            } else if (afterwards != null) {
                Runnable last = afterwards;
                afterwards = null;
                run(last);
            } else if (next < taken) {
                typeAll();
            } else if (!read(console)) {
                return;
            }
        }
    }

    private static void run(Runnable what) {
        if (what != null) {
            what.run();
        }
    }

    /** Takes keys as long as nothing has to be done before the next. */
    private void typeAll() {
        while (next < taken && exitCode < 0 && afterwards == null && shown.size() < FLUSHED) {
            type(piece.getByte(next++) & 0xff);
        }
    }

    private void begin(Console.Session now) {
        session = now;
        shown.reset();
        length = 0;
        next = 0;
        taken = 0;
        escape = false;
        afterReturn = false;
        tooLong = false;
        status = 0;
        exitCode = -1;
        afterwards = null;
        if (now != null) {
            prompt();
        }
    }

    private void prompt() {
        if (kind() == ConsoleKind.TERMINAL) {
            print(prompt);
        }
    }

    /** Shows what there is; false if some of it has to wait. */
    private boolean flush(Console console) {
        byte[] all = shown.toByteArray();
        int done = 0;
        while (done < all.length) {
            int count = Math.min(Console.MOST, all.length - done);
            int put = console.write(new UnsafeBuffer(all), done, count);
            if (put < 0) {
                /* The user has gone: the next one begins anew. */
                begin(null);
                return false;
            }
            done += put;
            if (put < count) {
                break;
            }
        }
        if (done > 0) {
            shown.reset();
            shown.write(all, done, all.length - done);
        }
        return done == all.length;
    }

    /** Reads what is typed; false if there is nothing now. */
    private boolean read(Console console) {
        int result = console.read(piece, 0, Console.MOST);
        if (result == 0) {
            return false;
        }
        next = 0;
        taken = Math.max(0, result);
        if (result < 0) {
            /* What has no line end is a line too, at the end of a file. */
            if (length > 0) {
                end();
            }
            exitCode = exitCode < 0 ? status : exitCode;
        }
        return true;
    }

    private void type(int key) {
        boolean afterReturnNow = afterReturn;
        afterReturn = key == '\r';
        if (key == '\n' && afterReturnNow) {
            return;
        }
        if (key == '\n' || key == '\r') {
            echo('\n');
            end();
        } else if (kind() != ConsoleKind.TERMINAL) {
            add(key);
        } else if (escape) {
            /* Arrows and such: ESC [ ... and a letter. */
            escape = key == '[' || key == 'O' || key >= '0' && key <= '9' || key == ';';
        } else {
            edit(key);
        }
    }

    private void edit(int key) {
        switch (key) {
            case ESCAPE -> escape = true;
            case BACKSPACE, DELETE -> rubOut();
            case CTRL_U -> rubOutTo(0);
            case CTRL_W -> rubOutTo(wordAt());
            case CTRL_C -> {
                length = 0;
                tooLong = false;
                print("^C\n");
                prompt();
            }
            case CTRL_D -> {
                if (length == 0) {
                    print("\n");
                    finish(status);
                }
            }
            default -> {
                if (key >= ' ' || key == '\t') {
                    add(key);
                }
            }
        }
    }

    private void add(int key) {
        if (length == MOST_LINE) {
            tooLong = true;
            echo(BELL);
        } else {
            line[length++] = (byte) key;
            echo(key);
        }
    }

    private void echo(int key) {
        if (kind() == ConsoleKind.TERMINAL) {
            if (key == '\n') {
                shown.write('\r');
            }
            shown.write(key);
        }
    }

    private int wordAt() {
        int at = length;
        while (at > 0 && line[at - 1] == ' ') {
            at--;
        }
        while (at > 0 && line[at - 1] != ' ') {
            at--;
        }
        return at;
    }

    private void rubOutTo(int end) {
        while (length > end) {
            rubOut();
        }
    }

    private void rubOut() {
        if (length > 0) {
            do {
                length--;
            } while (length > 0 && (line[length] & CONTINUATION_MASK) == CONTINUATION);
            shown.writeBytes(RUB_OUT);
        }
    }

    private void end() {
        String text = new String(line, 0, length, StandardCharsets.UTF_8);
        length = 0;
        if (tooLong) {
            tooLong = false;
            status = 1;
            print("a line of more than " + MOST_LINE + " bytes is not taken\n");
            exitCode = kind() == ConsoleKind.COMMAND ? status : exitCode;
        } else {
            lines.onLine(text, this);
        }
        if (exitCode < 0) {
            prompt();
        }
    }
}
