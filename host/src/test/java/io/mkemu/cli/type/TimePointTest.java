// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class TimePointTest {
    private static final long CREATED = 5_000_000_000L;
    private static final long CREATED_UNIX = 1_800_000_000_000_000_000L;
    private static final long END = 100_000_000_000L;

    @ParameterizedTest
    @CsvSource({"12.5, 17500000000", "0, 5000000000", "12.345678901, 17345678901", "3s, 8000000000",
        "-5s, 95000000000", "-0.000000001, 99999999999", "-5, 95000000000", "2027-01-15T08:00:01Z, 6000000000",
        "2027-01-15T08:00:00.5Z, 5500000000", "2027-01-15T09:00:01+01:00, 6000000000"})
    void isATimeOnTheMachinesClock(String text, long expected) {
        assertEquals(expected, new TimePoint.Converter().convert(text).monotonic(CREATED, CREATED_UNIX, END));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "--5", "1.2.3", "5m", "yesterday", "2027-01-15", "2027-13-15T08:00:00Z",
        "99999999999", "1e3"})
    void whatIsNoneIsNamed(String text) {
        String told = assertThrows(TypeConversionException.class, () -> new TimePoint.Converter().convert(text))
            .getMessage();
        assertTrue(told.startsWith("'" + text + "'"), told);
    }
}
