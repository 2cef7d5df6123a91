// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/** Text in a field of fixed length: UTF-8, ended by a NUL, cut where it does not fit. */
final class FixedText {
    private FixedText() {
    }

    static String get(UnsafeBuffer buffer, int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        int end = 0;
        while (end < length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    static void put(UnsafeBuffer buffer, int offset, int length, String value) {
        byte[] bytes = new byte[length];
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(utf8, 0, bytes, 0, Math.min(utf8.length, length - 1));
        buffer.putBytes(offset, bytes);
    }
}
