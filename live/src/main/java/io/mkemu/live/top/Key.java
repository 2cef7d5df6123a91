// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

/**
 * A key that was pressed.
 *
 * @param kind which
 * @param text what a TEXT key writes; else empty
 */
record Key(Kind kind, String text) {
    /** Kinds of keys. */
    enum Kind {
        /** One that writes something. */
        TEXT, UP, DOWN, PAGE_UP, PAGE_DOWN, HOME, END, ENTER, ESCAPE, BACKSPACE,
        /** The input has ended: the terminal is gone. */
        END_OF_INPUT,
        /** Any other. */
        UNKNOWN
    }

    static Key of(Kind kind) {
        return new Key(kind, "");
    }

    static Key text(String text) {
        return new Key(Kind.TEXT, text);
    }
}
