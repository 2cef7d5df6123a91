// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.module.Kernel;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Messages of 8-byte words, little-endian: composes the next one and sends it, and reads those of others. Allocates
 * nothing after construction. One CPU.
 */
class Words {
    final Kernel kernel;
    private final UnsafeBuffer words = new UnsafeBuffer(new byte[MkIpiDataDescriptor.MAX_DATA_SIZE]);

    Words(Kernel kernel) {
        this.kernel = kernel;
    }

    /** The message at hand. */
    final MutableDirectBuffer buffer() {
        return words;
    }

    /** Sets a word of the message at hand. */
    final Words put(int word, long value) {
        put(words, word, value);
        return this;
    }

    /** Sends so many words of the message at hand; the result is that of {@link Kernel#sendIpiData}. */
    int send(int target, int type, int count) {
        return kernel.sendIpiData(target, words, 0, count * Long.BYTES, type);
    }

    /** A word of a message or page. */
    static long get(DirectBuffer from, int word) {
        return from.getLong(word * Long.BYTES, ByteOrder.LITTLE_ENDIAN);
    }

    /** Sets a word of a message or page. */
    static void put(MutableDirectBuffer to, int word, long value) {
        to.putLong(word * Long.BYTES, value, ByteOrder.LITTLE_ENDIAN);
    }

    /** Spreads a number over all bits (the finaliser of SplitMix64). */
    static long mix(long number) {
        long z = (number ^ number >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }
}
