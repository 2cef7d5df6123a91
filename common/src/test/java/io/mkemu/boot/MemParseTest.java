// SPDX-License-Identifier: Apache-2.0
package io.mkemu.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemParseTest {

    @ParameterizedTest
    @CsvSource({"0, 0", "4096, 4096", "0x1000, 4096", "0X1f, 31", "010, 8", "1K, 1024", "1k, 1024", "64M, 67108864",
        "2g, 2147483648", "1T, 1099511627776", "1p, 1125899906842624", "7E, 8070450532247928832", "0x1E, 30",
        "0x10K, 16384", "0x10M, 16777216", "010k, 8192", "0k, 0", "0x7fffffffffffffff, 9223372036854775807"})
    void followsTheRulesOfMemparse(String text, long value) {
        assertEquals(value, MemParse.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "K", "0x", "08", "12Q", "64MB", "64 M", " 64", "-1", "+1", "1.5G", "0xg", "1KK",
        "٣", "1\n"})
    void refusesWhatIsNoSize(String text) {
        String message = refusal(text);
        assertTrue(message.contains("is not a size or address: expected"), message);
        assertFalse(message.contains("\n"), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0x8000000000000000", "9223372036854775808", "8E", "0x7fffffffffffffffk",
        "99999999999999999999999"})
    void refusesWhatOverflows(String text) {
        assertTrue(refusal(text).contains("'" + text + "' is too large: expected at most 0x7fffffffffffffff"));
    }

    @ParameterizedTest
    @CsvSource({"0x1000, 4096", "0x1000:lab, 4096", "64MB, 67108864", "1KK, 1024", "010, 8", "08, 0", "0x, 0", "0xg, 0",
        "0XfG, 16106127360", "-1, 0", "K, 0", "x10, 0", "٣, 0", "4٣, 4", "8E, -9223372036854775808", "16E, 0",
        "18446744073709551615, -1", "18446744073709551617, 1", "0x10000000000000002k, 2048"})
    void aPrefixIsTakenAsTheKernelDoes(String text, long value) {
        assertEquals(value, MemParse.parsePrefix(text));
    }

    @Test
    void namesTheText() {
        assertTrue(refusal("64MB").startsWith("'64MB' "));
    }

    private static String refusal(String text) {
        return assertThrows(IllegalArgumentException.class, () -> MemParse.parse(text)).getMessage();
    }
}
