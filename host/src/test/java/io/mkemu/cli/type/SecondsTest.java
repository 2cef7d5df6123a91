// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class SecondsTest {
    @ParameterizedTest
    @CsvSource({"30, 30000", "0.5, 500", "0.001, 1", "86400, 86400000", "007, 7000"})
    void readsSeconds(String text, long millis) {
        assertEquals(millis, new Seconds.Converter().convert(text).millis());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "0.0001", "-1", "86400.1", "1e3", "10s", ".5", "5.", "99999999999", "NaN"})
    void refusesWhatIsNone(String text) {
        assertThrows(TypeConversionException.class, () -> new Seconds.Converter().convert(text));
    }
}
