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

    /**
     * The next key.
     *
     * @param millis how long to wait for it
     * @return null if there was none
     */
    Key read(long millis) {
        int next = reader.peekCharacter(Math.max(1, millis));
        if (next == NonBlockingReader.READ_EXPIRED) {
            return null;
        }
        Key.Kind kind = next == NonBlockingReader.EOF ? null : reader.readBinding(keys);
        return kind == null ? Key.of(Key.Kind.END_OF_INPUT)
            : kind == Key.Kind.TEXT ? Key.text(reader.getLastBinding()) : Key.of(kind);
    }
}
