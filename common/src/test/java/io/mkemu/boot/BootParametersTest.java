// SPDX-License-Identifier: Apache-2.0
package io.mkemu.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BootParametersTest {

    @Test
    void readsNamesAndValues() {
        BootParameters parameters = BootParameters.parse("  quiet idle=halt\tx=a=b mk_ipi_shared= ");
        assertTrue(parameters.has("quiet"));
        assertEquals("", parameters.get("quiet"));
        assertEquals("halt", parameters.get("idle"));
        assertEquals("a=b", parameters.get("x"));
        assertEquals("", parameters.get("mk_ipi_shared"));
        assertNull(parameters.get("absent"));
        assertFalse(parameters.has("absent"));
        assertEquals("  quiet idle=halt\tx=a=b mk_ipi_shared= ", parameters.text());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"n=\"a b\" | a b", "\"n=a b\" | a b", "n=\"a\" | a",
        "n=a\" \"b | a\" \"b", "n=\"open end | open end", "n=\"\" | ``", "n=\" | ``"})
    void quotesKeepBlanks(String cmdline, String value) {
        BootParameters parameters = BootParameters.parse(cmdline);
        assertEquals(value, parameters.get("n"));
    }

    @Test
    void theLastOneWinsWhicheverDashItUses() {
        BootParameters parameters = BootParameters.parse("log-level=1 log_level=2 x x=3");
        assertEquals("2", parameters.get("log-level"));
        assertEquals("2", parameters.get("log_level"));
        assertEquals("3", parameters.get("x"));
    }

    @Test
    void eachStandsWhereItWasNamedLast() {
        assertEquals(List.of("b_c", "d", "a"),
                List.copyOf(BootParameters.parse("a=1 b-c d=2 b_c=3 d=\"\" a").names()));
        assertEquals(List.of(), List.copyOf(BootParameters.parse(" ").names()));
    }

    @Test
    void givesEachModuleItsOwn() {
        BootParameters parameters = BootParameters.parse("my-mod.count=4 my_mod.verbose other.count=5 my_mod=6 "
                + "my_mod.count=7 my_mod.=8 my_mod.two-words=\"a b\"");
        assertEquals(Map.of("count", "7", "verbose", "", "two_words", "a b"), parameters.forModule("my_mod"));
        assertEquals(List.of("verbose", "count", "two_words"),
                List.copyOf(parameters.forModule("my-mod").keySet()));
        assertEquals(Map.of(), parameters.forModule("absent"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "   ", "=x", "\"", "\"\"", "= = ="})
    void acceptsTextWithoutParameters(String cmdline) {
        assertFalse(BootParameters.parse(cmdline).has(""));
    }

    @ParameterizedTest
    @CsvSource({"n=5, 5", "n=0x10, 16", "n=010, 8", "n=-3, -3", "m=5, 42", "n=100, 100"})
    void readsIntegers(String cmdline, long value) {
        assertEquals(value, BootParameters.parse(cmdline).getLong("n", 42, -3, 100));
    }

    @ParameterizedTest
    @ValueSource(strings = {"n=101", "n=-4", "n=", "n", "n=x", "n=1k", "n=#1", "n=08", "n=99999999999999999999"})
    void refusesOtherIntegers(String cmdline) {
        BootParameters parameters = BootParameters.parse(cmdline);
        String message = assertThrows(IllegalArgumentException.class, () -> parameters.getLong("n", 1, -3, 100))
                .getMessage();
        assertEquals("boot parameter n=" + parameters.get("n") + ": expected an integer in -3..100", message);
    }

    @Test
    void readsMemory() {
        assertEquals(64L << 20, BootParameters.parse("mk_ipi_shared=64M").getMemory("mk-ipi-shared"));
    }

    @ParameterizedTest
    @CsvSource({"x=1, boot parameter mem is missing: expected mem=SIZE", "mem=, boot parameter mem: '' is not a size",
        "mem=1Q, boot parameter mem: '1Q' is not a size", "mem=8E, boot parameter mem: '8E' is too large"})
    void refusesOtherMemory(String cmdline, String words) {
        BootParameters parameters = BootParameters.parse(cmdline);
        String message = assertThrows(IllegalArgumentException.class, () -> parameters.getMemory("mem")).getMessage();
        assertTrue(message.startsWith(words), message);
    }
}
