// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.test.FakeMessage;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

class DemoMessageTest {
    private static final long MESSAGES = 200_000;
    private final DemoMessage message = new DemoMessage();

    private byte[] encoded(int sender, int receiver, long seq) {
        message.encode(sender, receiver, seq);
        byte[] bytes = new byte[DemoMessage.sizeOf(seq)];
        message.buffer().getBytes(0, bytes);
        return bytes;
    }

    private long verify(byte[] bytes, int type, long near) {
        return message.verify(FakeMessage.received(10, type, bytes), 3, 255, near, MESSAGES);
    }

    @Test
    void anySizeOccursOnceInEach257Messages() {
        for (long first : new long[] {0, 257, 100_000}) {
            BitSet sizes = new BitSet();
            for (long seq = first; seq < first + 257; seq++) {
                sizes.set(DemoMessage.sizeOf(seq));
            }
            assertEquals(257, sizes.cardinality());
            assertEquals(257, sizes.length());
        }
    }

    @Test
    void sizeAndTypeTellTheMessageFromFarAway() {
        for (long seq = 0; seq < MESSAGES; seq += 7) {
            int bits = DemoMessage.typeOf(seq) - DemoDescriptor.DATA;
            for (long off : new long[] {0, 1, -1, 8000, -8000}) {
                long near = Math.clamp(seq + off, 0, MESSAGES - 1);
                assertEquals(seq, DemoMessage.resolve(DemoMessage.sizeOf(seq), bits, near, MESSAGES));
            }
        }
    }

    @Test
    void whatWasEncodedIsIntact() {
        for (long seq = 0; seq < 20_000; seq++) {
            assertEquals(seq, verify(encoded(3, 255, seq), DemoMessage.typeOf(seq), Math.max(0, seq - 20)));
        }
    }

    @Test
    void anyFlippedBitIsTornAndStillAttributed() {
        for (long seq = 1000; seq < 1000 + 257; seq++) {
            byte[] bytes = encoded(3, 255, seq);
            for (int bit = 0; bit < 8 * bytes.length; bit++) {
                byte[] damaged = bytes.clone();
                damaged[bit / 8] ^= (byte) (1 << bit % 8);
                assertEquals(-1 - seq, verify(damaged, DemoMessage.typeOf(seq), seq), "message " + seq + " bit " + bit);
            }
        }
    }

    @Test
    void aWrongSizeIsNeverIntact() {
        for (long seq = 1000; seq < 1000 + 257; seq++) {
            byte[] bytes = encoded(3, 255, seq);
            for (int size = 12; size < bytes.length; size++) {
                assertTrue(verify(java.util.Arrays.copyOf(bytes, size), DemoMessage.typeOf(seq), seq) < 0);
            }
        }
    }

    @Test
    void aMessageForAnotherPairIsNotIntact() {
        for (long seq = 0; seq < 257; seq++) {
            if (DemoMessage.sizeOf(seq) >= 2) {
                assertTrue(verify(encoded(2, 255, seq), DemoMessage.typeOf(seq), seq) < 0, "sender, message " + seq);
                assertTrue(verify(encoded(3, 254, seq), DemoMessage.typeOf(seq), seq) < 0, "receiver, message " + seq);
            }
        }
    }

    @Test
    void aWrongTypeIsNotTheMessage() {
        for (long seq = 64; seq < 64 + 257; seq++) {
            assertNotEquals(seq, verify(encoded(3, 255, seq), DemoMessage.typeOf(seq + 1), seq));
        }
    }

    @Test
    void noMessageLiesPastTheLast() {
        for (int size = 0; size <= 256; size++) {
            for (int bits = 0; bits < 64; bits++) {
                long seq = message.verify(
                    FakeMessage.received(10, DemoDescriptor.DATA + bits, new byte[size]), 3, 255, 90, 100);
                assertTrue(seq < 100 && (seq == DemoMessage.UNKNOWN || seq >= -100), "size " + size + " bits " + bits);
            }
        }
    }
}
