// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.TraceMode;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;

class PreambleTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String text(Preamble preamble) {
        StringBuilder text = new StringBuilder();
        for (DirectBuffer document : preamble.documents()) {
            text.append(document.getStringWithoutLengthAscii(0, document.capacity()));
        }
        return text.toString();
    }

    /** A file whose predecessors were deleted tells the names too. */
    @Test
    void itHasTheNamesOfThePresentLives() {
        Preamble preamble = new Preamble();
        preamble.machine(1, bytes("THE-MACHINE"));
        preamble.mode(2, TraceMode.ALL, TraceMode.OFF);
        preamble.typeName(7, 3, 1, bytes("nobody.named"));
        preamble.life(7, 1, 4, bytes("LIFE-ONE"));
        preamble.typeName(7, 5, 1, bytes("first.request"));
        preamble.typeName(7, 6, 2, bytes("first.answer"));
        String first = text(preamble);
        assertTrue(first.matches("(?s).*THE-MACHINE.*LIFE-ONE.*first\\.request.*first\\.answer.*"), first);
        assertEquals(first, text(preamble));
        preamble.life(7, 2, 8, bytes("LIFE-TWO"));
        preamble.typeName(7, 9, 1, bytes("second.request"));
        String second = text(preamble);
        assertTrue(second.matches("(?s).*THE-MACHINE.*LIFE-TWO.*second\\.request.*"), second);
        assertTrue(!second.contains("first.") && !second.contains("nobody"), second);
    }
}
