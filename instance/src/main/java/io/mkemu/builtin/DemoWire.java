// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Kernel;
import org.agrona.concurrent.UnsafeBuffer;

/** Sends and reads messages of 8-byte words. Allocates nothing. One CPU. */
final class DemoWire {
    private final UnsafeBuffer words = new UnsafeBuffer(new byte[MkIpiDataDescriptor.MAX_DATA_SIZE]);
    private final Kernel kernel;

    DemoWire(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Sets a word of the next message. */
    DemoWire put(int word, long value) {
        words.putLong(word * Long.BYTES, value);
        return this;
    }

    /** Sends the first so many words. */
    int send(int target, int type, int count) {
        return kernel.sendIpiData(target, words, 0, count * Long.BYTES, type);
    }

    /** Whether a message is of so many words. */
    static boolean has(MkIpiData data, int count) {
        return data.dataSize() == count * Long.BYTES;
    }

    /** A word of a message. */
    static long word(MkIpiData data, int word) {
        return data.buffer().getLong(word * Long.BYTES);
    }
}
