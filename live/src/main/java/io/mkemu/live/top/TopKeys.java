// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import java.util.Map;
import org.jline.keymap.BindingReader;
import org.jline.keymap.KeyMap;
import org.jline.terminal.Terminal;
import org.jline.utils.InfoCmp.Capability;
import org.jline.utils.NonBlockingReader;

/** Reads keys from a terminal, those with escape sequences too. One thread. */
final class TopKeys {
    /* How long after an Esc the rest of a sequence may come. */
    private static final long ESCAPE_MILLIS = 50;
    private static final int LONGEST_SEQUENCE = 64;
    /* What a sequence of ECMA-48 ends with. */
    private static final int FIRST_FINAL = 0x40;
    private static final int LAST_FINAL = 0x7e;
    private static final Map<String, Key.Kind> XTERM = Map.ofEntries(
        Map.entry("\033[A", Key.Kind.UP), Map.entry("\033OA", Key.Kind.UP),
        Map.entry("\033[B", Key.Kind.DOWN), Map.entry("\033OB", Key.Kind.DOWN),
        Map.entry("\033[5~", Key.Kind.PAGE_UP), Map.entry("\033[6~", Key.Kind.PAGE_DOWN),
        Map.entry("\033[H", Key.Kind.HOME), Map.entry("\033OH", Key.Kind.HOME),
        Map.entry("\033[F", Key.Kind.END), Map.entry("\033OF", Key.Kind.END));
    private static final Map<Capability, Key.Kind> CAPABILITIES = Map.of(
        Capability.key_up, Key.Kind.UP, Capability.key_down, Key.Kind.DOWN,
        Capability.key_ppage, Key.Kind.PAGE_UP, Capability.key_npage, Key.Kind.PAGE_DOWN,
        Capability.key_home, Key.Kind.HOME, Capability.key_end, Key.Kind.END);

    private final BindingReader reader;
    private final KeyMap<Key.Kind> keys = new KeyMap<>();

    TopKeys(Terminal terminal) {
        this.reader = new BindingReader(terminal.reader());
        keys.bind(Key.Kind.TEXT, KeyMap.range(" -~"));
        keys.setUnicode(Key.Kind.TEXT);
        keys.setNomatch(Key.Kind.UNKNOWN);
        keys.setAmbiguousTimeout(ESCAPE_MILLIS);
        keys.bind(Key.Kind.ENTER, "\r", "\n");
        keys.bind(Key.Kind.ESCAPE, KeyMap.esc());
        keys.bind(Key.Kind.BACKSPACE, KeyMap.del(), "\b");
        XTERM.forEach((sequence, kind) -> keys.bind(kind, sequence));
        CAPABILITIES.forEach((capability, kind) -> {
            String sequence = KeyMap.key(terminal, capability);
            if (sequence != null && !sequence.isEmpty()) {
                keys.bind(kind, sequence);
            }
        });
    }

    /** Whether an Esc was read with which a sequence begins that is none of the keys. */
    private boolean isSequence(Key.Kind kind) {
        return kind == Key.Kind.UNKNOWN && reader.getLastBinding().equals(KeyMap.esc())
            && (reader.getCurrentBuffer().startsWith("[") || reader.getCurrentBuffer().startsWith("O"));
    }

    /**
     * Reads the rest of it: it is of another key, or the terminal's late answer to what JLine has asked it. Its
     * characters would be taken for keys.
     */
    private void skipSequence() {
        reader.readBinding(keys);
        for (int length = 0; length < LONGEST_SEQUENCE && hasMore(); length++) {
            reader.readBinding(keys);
            char last = reader.getLastBinding().charAt(0);
            if (last >= FIRST_FINAL && last <= LAST_FINAL) {
                return;
            }
        }
    }

    private boolean hasMore() {
        return !reader.getCurrentBuffer().isEmpty() || reader.peekCharacter(ESCAPE_MILLIS) >= 0;
    }

    /**
     * The next key.
     *
     * @param millis how long to wait for it
     * @return null if there was none
     */
    Key read(long millis) {
        int next = reader.getCurrentBuffer().isEmpty() ? reader.peekCharacter(Math.max(1, millis)) : 0;
        if (next == NonBlockingReader.READ_EXPIRED) {
            return null;
        }
        Key.Kind kind = next == NonBlockingReader.EOF ? null : reader.readBinding(keys);
        if (isSequence(kind)) {
            skipSequence();
        }
        return kind == null ? Key.of(Key.Kind.END_OF_INPUT)
            : kind == Key.Kind.TEXT ? Key.text(reader.getLastBinding()) : Key.of(kind);
    }
}
