// SPDX-License-Identifier: Apache-2.0
package io.mkemu.json;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nodes are read and written as Jackson's ObjectMapper does it. */
class JsonTest {
    private static JsonNode read(String text) throws Exception {
        return Json.read(text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "null", "true", "false", "0", "-1", "2147483647", "2147483648",
        "-9223372036854775808", "9223372036854775808", "0.1", "1e300", "-0.0", "1.5e-7", "\"\"",
        "\"a\\\"\\\\\\n\\u0001\"",
        "\"\\u00e4 \\ud83d\\ude00 \\u2028\"", "\"\\ud83d\"", "[[],[[]],{}]",
        "{\"a\":{\"b\":[1,{\"c\":null}],\"\":[true]},\"d\":\"e\"}", " [ 1 , 2 ] "})
    void aValueIsReadAndPrintedAsByTheMapper(String text) throws Exception {
        JsonNode expected = new ObjectMapper().readTree(text);
        JsonNode node = read(text);
        assertEquals(expected, node);
        assertEquals(expected.getClass(), node.getClass());
        assertEquals(expected.toString(), Json.text(node));
        assertArrayEquals(expected.toString().getBytes(StandardCharsets.UTF_8), Json.bytes(node));
    }

    @Test
    void numbersOfAllKindsArePrintedAsByTheMapper() {
        ObjectNode node = Json.object().put("int", 1).put("long", Long.MAX_VALUE).put("float", 0.1f)
            .put("double", Double.MIN_VALUE).put("nan", Double.NaN).put("big", BigInteger.TWO.pow(100))
            .put("decimal", new BigDecimal("1.10")).put("short", (short) -3);
        assertEquals(node.toString(), Json.text(node));
    }

    @Test
    void nothingIsAMissingNode() throws Exception {
        assertTrue(read("").isMissingNode());
        assertTrue(read(" \n").isMissingNode());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[1", "[1,]", "{\"a\":1,\"a\":2}", "{} {}", "1 2", "{}x", "]", "nul", "\"a", "01",
        "{\"a\" 1}", "{1:2}"})
    void whatIsNotOneValueIsRefused(String text) {
        assertThrows(JsonProcessingException.class, () -> read(text));
    }

    @Test
    void whatIsTooDeepIsRefused() {
        assertThrows(JsonProcessingException.class, () -> read("[".repeat(100_000)));
    }
}
