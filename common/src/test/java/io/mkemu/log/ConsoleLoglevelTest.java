// SPDX-License-Identifier: Apache-2.0
package io.mkemu.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.boot.BootParameters;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConsoleLoglevelTest {
    @ParameterizedTest
    @CsvSource({"'', 7", "idle=halt, 7", "loglevel=0, 0", "loglevel=5, 5", "loglevel=8, 8", "loglevel=10, 10",
        "quiet, 4", "debug, 10", "ignore_loglevel, 10", "ignore-loglevel, 10", "quiet loglevel=6, 6",
        "loglevel=6 quiet, 4", "debug quiet, 4", "quiet debug, 10", "loglevel=6 quiet loglevel=2, 2",
        "ignore_loglevel quiet loglevel=0, 10", "mod.loglevel=3 mod.quiet, 7"})
    void theLastOneCounts(String cmdline, int level) {
        assertEquals(level, ConsoleLoglevel.of(BootParameters.parse(cmdline)));
        assertEquals(level, ConsoleLoglevel.ofUntrusted(cmdline));
    }

    @ParameterizedTest
    @ValueSource(strings = {"loglevel", "loglevel=", "loglevel=11", "loglevel=-1", "loglevel=info", "loglevel=4 x=1 "
        + "loglevel=99999999999999999999"})
    void whatIsNoLevelIsRefusedAndReadAsTheDefault(String cmdline) {
        BootParameters parameters = BootParameters.parse(cmdline);
        String message = assertThrows(IllegalArgumentException.class, () -> ConsoleLoglevel.of(parameters))
            .getMessage();
        assertEquals("boot parameter loglevel=" + parameters.get("loglevel")
            + ": expected an integer in 0..10", message);
        assertEquals(ConsoleLoglevel.DEFAULT, ConsoleLoglevel.ofUntrusted(cmdline));
    }

    @Test
    void levelsHaveTheNamesOfDmesg() {
        assertEquals(List.of("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"),
            Arrays.stream(LogLevel.values()).map(LogLevel::label).toList());
        for (LogLevel level : LogLevel.values()) {
            assertEquals(level, LogLevel.parse(level.label()));
            assertEquals(level, LogLevel.parse(Integer.toString(level.ordinal())));
            assertEquals(level, LogLevel.of(level.ordinal()));
        }
        for (int none : new int[] {-1, 8, 127, -128}) {
            assertEquals(LogLevel.DEBUG, LogLevel.of(none));
        }
        for (String none : List.of("", "8", "-1", "warning", "ERR", "err ")) {
            String message = assertThrows(IllegalArgumentException.class, () -> LogLevel.parse(none)).getMessage();
            assertTrue(message.startsWith("'" + none + "' is no log level: use emerg, "), message);
        }
    }
}
