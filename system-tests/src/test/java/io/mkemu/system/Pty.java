// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jline.utils.ScreenTerminal;

/**
 * {@code scripts/mk ARGS} on a terminal of its own, by way of util-linux's script. All waits are for what it shows,
 * under a watchdog. For one thread.
 */
final class Pty implements AutoCloseable {
    private static final long WATCHDOG_SECONDS = 300;
    private static final Pattern MODES = Pattern.compile("(?<=[\\s;])-?(?:icanon|echo)(?=[\\s;])");

    private final Process process;
    private final Path pid;
    private final Path modes;
    private final StringBuilder written = new StringBuilder();
    private final ScreenTerminal screen;
    private final Thread reader = new Thread(this::read, "pty");
    private boolean ended;

    Pty(Mk mk, int columns, int rows, Object... args) throws IOException {
        this(mk, "xterm-256color", columns, rows, args);
    }

    /** On a terminal of some type. */
    Pty(Mk mk, String term, int columns, int rows, Object... args) throws IOException {
        this.screen = new ScreenTerminal(columns, rows);
        this.pid = Files.createTempFile(mk.work(), "pid", "");
        this.modes = Files.createTempFile(mk.work(), "modes", "");
        String command = Mk.root().resolve("scripts/mk") + " "
            + List.of(args).stream().map(Object::toString).collect(Collectors.joining(" "));
        /* The shell on the terminal outlives Ctrl-C, to look what the command has left. */
        Path shell = Files.writeString(mk.work().resolve("on-pty.sh"), "trap : INT\nstty columns " + columns + " rows "
            + rows + "\nsh -c 'echo $$ > " + pid + "; exec " + command + "'\ncode=$?\nstty -a > " + modes
            + "\nexit $code\n");
        ProcessBuilder builder = new ProcessBuilder("script", "-qefc", "sh " + shell, "/dev/null")
            .redirectErrorStream(true).directory(mk.work().toFile());
        builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "MKEMU_JAVA_OPTS"));
        builder.environment().put("MKEMU_DIR", mk.base().toString());
        builder.environment().put("MKEMU_NO_BUILD", "1");
        builder.environment().put("MKEMU_JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("TERM", term);
        builder.environment().put("SHELL", "/bin/sh");
        if (Procs.ignoresInterrupt()) {
            builder.command().addAll(0, List.of("env", "--default-signal=INT"));
        }
        process = builder.start();
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        char[] piece = new char[4096];
        try (Reader from = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)) {
            for (int length = from.read(piece); length >= 0; length = from.read(piece)) {
                synchronized (this) {
                    written.append(piece, 0, length);
                    screen.write(new String(piece, 0, length));
                    notifyAll();
                }
            }
        } catch (IOException gone) {
            /* A pseudo terminal ends so. */
        } finally {
            synchronized (this) {
                ended = true;
                notifyAll();
            }
        }
    }

    /** All that it has written. */
    synchronized String written() {
        return written.toString();
    }

    /** What is to be seen, a line for each row. */
    synchronized String screen() {
        long[] cells = new long[screen.getColumns() * screen.getRows()];
        screen.dump(cells, new int[2]);
        StringBuilder text = new StringBuilder();
        for (int cell = 0; cell < cells.length; cell++) {
            text.appendCodePoint(Math.max(' ', ScreenTerminal.cellCodePoint(cells[cell])));
            text.append((cell + 1) % screen.getColumns() == 0 ? "\n" : "");
        }
        return text.toString();
    }

    /** Waits until a text is to be seen. */
    synchronized void await(String text) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WATCHDOG_SECONDS);
        while (!screen().contains(text)) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (ended || left <= 0) {
                fail("does not show \"" + text + "\", but\n" + screen());
            }
            wait(left);
        }
    }

    /** Types. */
    void type(String keys) throws IOException {
        process.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    /** Sends the command a signal by name. */
    void signal(String name) throws IOException, InterruptedException {
        Procs.signal(name, Long.parseLong(Files.readString(pid).strip()));
    }

    /** Waits for its end. */
    int exitCode() throws InterruptedException {
        if (!process.waitFor(WATCHDOG_SECONDS, TimeUnit.SECONDS)) {
            fail("does not end\n" + screen());
        }
        reader.join();
        return process.exitValue();
    }

    /** What modes it has left the terminal in: icanon and echo, each with a minus if it is off. */
    String modes() throws IOException {
        return MODES.matcher(Files.readString(modes)).results()
            .map(MatchResult::group).collect(Collectors.joining(" "));
    }

    /** Ends it, if it has not ended: the terminal goes, and with it who is on it. */
    @Override
    public void close() {
        process.destroy();
    }
}
