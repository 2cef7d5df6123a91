// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the bytes of a compiled tree's property can be. */
public final class RawValue {

    private RawValue() {
    }

    /** Its strings, each with a NUL at its end; nothing if the bytes are none, or are no UTF-8. */
    public static Optional<List<Value.Str>> strings(Value.Raw raw) {
        byte[] bytes = raw.copy();
        if (bytes[bytes.length - 1] != 0) {
            return Optional.empty();
        }
        List<Value.Str> strings = new ArrayList<>();
        int begin = 0;
        for (int at = 0; at < bytes.length; at++) {
            if (bytes[at] == 0) {
                try {
                    String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, begin, at - begin))
                            .toString();
                    strings.add(new Value.Str(text, raw.position().plus(begin)));
                } catch (CharacterCodingException noText) {
                    return Optional.empty();
                }
                begin = at + 1;
            }
        }
        return Optional.of(strings);
    }

    /** Its cells of 32 bits; nothing if the bytes are no multiple of four. */
    public static Optional<Value.Cells> cells(Value.Raw raw) {
        if (raw.bytes().capacity() % Integer.BYTES != 0) {
            return Optional.empty();
        }
        List<Value.Cell> cells = new ArrayList<>();
        for (int at = 0; at < raw.bytes().capacity(); at += Integer.BYTES) {
            int value = raw.bytes().getInt(at);
            cells.add(new Value.Cell(Integer.toUnsignedLong(value), "0x" + Integer.toHexString(value),
                    raw.position().plus(at)));
        }
        return Optional.of(new Value.Cells(Integer.SIZE, cells, raw.position()));
    }

    /** Whether the strings are such as people write: each of printable characters, at least one; so dtc guesses. */
    public static boolean looksLikeStrings(List<Value.Str> strings) {
        return strings.stream().allMatch(string -> !string.text().isEmpty()
                && string.text().codePoints().allMatch(Text::isPrintable));
    }

    /** The value as a message shows it. */
    public static String describe(Value.Raw raw) {
        Optional<List<Value.Str>> strings = strings(raw).filter(RawValue::looksLikeStrings);
        if (strings.isPresent()) {
            return "the string \"" + Text.printable(strings.get().getFirst().text()) + "\"";
        }
        return cells(raw).map(cells -> "cells <" + Text.printable(String.join(" ", cells.cells().stream()
                .map(Value.Cell::text).toList())) + ">").orElse(raw.bytes().capacity() + " bytes");
    }
}
