// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import java.io.IOException;
import java.util.List;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.ControlChar;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.Display;
import org.jline.utils.InfoCmp;
import org.jline.utils.InfoCmp.Capability;
import org.jline.utils.ShutdownHooks;

/**
 * The whole screen of a terminal, which gets back what was on it when this is closed. Signals are left to the JVM: its
 * exit, by whatever cause, closes this too, on another thread. {@link #draw} and {@link #read} are for one thread.
 */
final class TopScreen implements AutoCloseable {
    private static final String USUAL_TYPE = "xterm-256color";
    private static final int USUAL_ROWS = 24;
    private static final int USUAL_COLUMNS = 80;

    private final Terminal terminal;
    private final Attributes found;
    private final Display display;
    private final TopKeys keys;
    private final Restorer restorer;
    private Size size = Size.of(0, 0);
    private boolean open = true;
    private volatile boolean exiting;

    /** Gives the screen back when the JVM exits. */
    private static final class Restorer implements ShutdownHooks.Task {
        private volatile TopScreen screen;

        @Override
        public void run() {
            TopScreen shown = screen;
            if (shown != null) {
                shown.exiting = true;
                shown.restore();
            }
        }
    }

    /** The terminal that this process is on, or null if there is none that could be used. */
    static TopScreen open() throws IOException {
        String type = System.getenv("TERM");
        if (type == null || type.isEmpty() || type.equals("dumb") || System.console() == null
            || !System.console().isTerminal()) {
            return null;
        }
        /* JLine closes the terminal when the JVM exits, and does its tasks one after the other: this one first. */
        Restorer restorer = ShutdownHooks.add(new Restorer());
        Terminal terminal;
        try {
            terminal = TerminalBuilder.builder().name("mk top").type(known(type)).system(true).dumb(false)
                .provider(TerminalBuilder.PROP_PROVIDER_FFM).nativeSignals(false).build();
        } catch (IllegalStateException unusable) {
            ShutdownHooks.remove(restorer);
            return null;
        }
        return new TopScreen(terminal, restorer);
    }

    /** The type, if this system knows it: terminals of a newer kind are asked for by what they all understand. */
    private static String known(String type) {
        try {
            if (InfoCmp.getLoadedInfoCmp(type) != null || InfoCmp.getInfoCmp(type) != null) {
                return type;
            }
        } catch (IOException unknown) {
            /* Said below. */
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        System.err.println("mk: TERM=" + Plain.text(type) + ": this system does not know that terminal; taken for "
            + USUAL_TYPE);
        return USUAL_TYPE;
    }

    /** Takes a terminal, which is closed with this. */
    TopScreen(Terminal terminal) {
        this(terminal, ShutdownHooks.add(new Restorer()));
    }

    private TopScreen(Terminal terminal, Restorer restorer) {
        this.terminal = terminal;
        this.restorer = restorer;
        this.found = terminal.getAttributes();
        this.display = new Display(terminal, true);
        this.keys = new TopKeys(terminal);
        restorer.screen = this;
        terminal.enterRawMode();
        Attributes raw = terminal.getAttributes();
        raw.setLocalFlag(LocalFlag.ISIG, true);
        /* Nobody would give the screen back when this process is stopped: Ctrl-Z is a key like others. */
        raw.setControlChar(ControlChar.VSUSP, 0);
        terminal.setAttributes(raw);
        terminal.puts(Capability.enter_ca_mode);
        terminal.puts(Capability.keypad_xmit);
        terminal.puts(Capability.cursor_invisible);
        terminal.flush();
    }

    /** Its size now. */
    Size size() {
        Size now = terminal.getSize();
        return now.getColumns() > 0 && now.getRows() > 0 ? now : Size.of(USUAL_COLUMNS, USUAL_ROWS);
    }

    /** Whether it has another size than what was drawn last. */
    boolean isResized() {
        return !size().equals(size);
    }

    /** Draws lines, as many as there are rows. */
    synchronized void draw(List<AttributedString> lines, Size of) {
        if (!open) {
            return;
        }
        if (!of.equals(size)) {
            size = of;
            display.resize(of);
            display.clear();
        }
        display.update(lines, 0);
        terminal.flush();
    }

    /**
     * The next key.
     *
     * @param millis how long to wait for it
     * @return null if there was none
     */
    Key read(long millis) {
        return keys.read(millis);
    }

    private synchronized void restore() {
        if (open) {
            open = false;
            terminal.puts(Capability.cursor_normal);
            terminal.puts(Capability.keypad_local);
            terminal.puts(Capability.exit_ca_mode);
            terminal.flush();
            terminal.setAttributes(found);
        }
    }

    @Override
    public void close() throws IOException {
        restore();
        if (!exiting) {
            ShutdownHooks.remove(restorer);
            terminal.close();
        }
    }

    /** Whether the JVM exits: the terminal may be closed at any moment, and whoever uses it then fails. */
    boolean isExiting() {
        return exiting;
    }
}
