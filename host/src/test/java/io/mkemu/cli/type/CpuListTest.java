// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CpuListTest {
    @Test
    void readsNumbersAndRanges() {
        assertEquals(List.of(0), CpuList.parse("0").cpus());
        assertEquals(List.of(0, 1, 2, 3, 5), CpuList.parse("0-3,5").cpus());
        assertEquals(List.of(5, 1, 2), CpuList.parse("5, 1-2").cpus());
        assertEquals(List.of(7), CpuList.parse("7-7").cpus());
        assertEquals(IntStream.range(0, 1024).boxed().toList(), CpuList.parse("0-1023").cpus());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",", "1,", "1-", "-1", "3-1", "a", "1024", "0-1024", "99999", "0x1", "1..2", "1-2-3",
        "1 2"})
    void refusesWhatIsNone(String text) {
        String message = assertThrows(IllegalArgumentException.class, () -> CpuList.parse(text)).getMessage();
        assertTrue(message.startsWith("CPU list '" + text + "': expected numbers and ranges in 0..1023"), message);
    }

    @ParameterizedTest
    @CsvSource({"'1,1', 1", "'0-3,2', 2", "'4,0-9', 4"})
    void refusesACpuTwice(String text, int cpu) {
        String message = assertThrows(IllegalArgumentException.class, () -> CpuList.parse(text)).getMessage();
        assertEquals("CPU list '" + text + "' names CPU " + cpu + " twice: list each CPU once", message);
    }

    @Test
    void writesTheShortestList() {
        assertEquals("-", CpuList.text(List.of()));
        assertEquals("3", CpuList.text(List.of(3)));
        assertEquals("0,1", CpuList.text(List.of(1, 0)));
        assertEquals("0-2,5,7,8,10-13", CpuList.text(List.of(0, 1, 2, 5, 7, 8, 13, 12, 11, 10)));
    }
}
