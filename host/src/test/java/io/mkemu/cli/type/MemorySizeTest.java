// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemorySizeTest {
    @ParameterizedTest
    @CsvSource({"4096, 4096", "4096B, 4096", "64M, 67108864", "64MB, 67108864", "64MiB, 67108864", "64mb, 67108864",
        "2GB, 2147483648", "16k, 16384", "0x1000, 4096", "0x4M, 4194304", "0x4MB, 4194304", "0x1B000, 110592",
        "010000, 4096"})
    void readsSizes(String text, long bytes) {
        assertEquals(bytes, MemorySize.parse(text));
    }

    /** 0x100B is a hex number that is no multiple of a page, not 256 bytes. */
    @ParameterizedTest
    @ValueSource(strings = {"", "0", "B", "MB", "1", "4095", "5000", "64 M", "64MM", "64MBB", "64BM", "64bi", "-4096",
        "1.5G", "0x100B", "1E", "8E", "9223372036854771712", "200G", "64Mi"})
    void refusesWhatIsNone(String text) {
        assertThrows(IllegalArgumentException.class, () -> MemorySize.parse(text));
    }

    @ParameterizedTest
    @CsvSource({"0, 0 B", "1023, 1023 B", "1024, 1 KiB", "1536, 1.5 KiB", "67108864, 64 MiB", "4325376, 4.1 MiB",
        "2147483648, 2 GiB", "9223372036854775807, 8.0 EiB"})
    void writesThemForPeople(long bytes, String text) {
        assertEquals(text, MemorySize.text(bytes));
    }
}
