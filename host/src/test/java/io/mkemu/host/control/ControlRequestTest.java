// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Fields of a request. */
class ControlRequestTest {
    private static ControlRequest of(String fields) {
        return ControlRequest.parse(("{\"verb\":\"do\"" + fields + "}").getBytes(StandardCharsets.UTF_8));
    }

    private static void refuses(String fields, Consumer<ControlRequest> read, String message) {
        MachineException wrong = assertThrows(MachineException.class, () -> read.accept(of(fields)));
        assertEquals(ExitCode.USAGE, wrong.exitCode());
        assertEquals(message, wrong.getMessage());
    }

    @Test
    void givesWhatIsThere() {
        ControlRequest request =
            of(",\"version\":\"1\",\"t\":\"\u00e4\",\"f\":true,\"n\":7,\"ns\":[1,2],\"ts\":[\"a\"]");
        request.allow("t", "f", "n", "ns", "ts");
        assertEquals("do", request.verb());
        assertEquals("1", request.version());
        assertEquals("\u00e4", request.text("t", ""));
        assertTrue(request.flag("f"));
        assertEquals(7, request.number("n", 0, 7, 1));
        assertEquals(List.of(1, 2), request.numbers("ns", 1, 2));
        assertEquals(List.of("a"), request.texts("ts"));
        assertTrue(request.has("t"));
    }

    @Test
    void givesDefaultsForWhatIsNot() {
        ControlRequest request = of("");
        request.allow("any");
        assertNull(request.version());
        assertEquals("x", request.text("t", "x"));
        assertFalse(request.flag("f"));
        assertEquals(1, request.number("n", 0, 7, 1));
        assertEquals(List.of(), request.numbers("ns", 1, 2));
        assertEquals(List.of(), request.texts("ts"));
        assertFalse(request.has("t"));
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        refuses(",\"c\":1", request -> request.allow("b", "a"), "do: unknown field \"c\", known are a, b");
    }

    @Test
    void refusesOtherTypes() {
        refuses(",\"t\":1", request -> request.text("t", ""),
            "do: field \"t\" is 1, expected a string without control characters");
        refuses(",\"t\":null", request -> request.text("t", ""),
            "do: field \"t\" is null, expected a string without control characters");
        refuses(",\"t\":\"a\\nb\"", request -> request.text("t", ""),
            "do: field \"t\" is \"a\\nb\", expected a string without control characters");
        refuses(",\"f\":1", request -> request.flag("f"), "do: field \"f\" is 1, expected true or false");
        refuses(",\"n\":\"1\"", request -> request.number("n", 0, 9, 0),
            "do: field \"n\" is \"1\", expected a whole number in 0..9");
        refuses(",\"n\":1.5", request -> request.number("n", 0, 9, 0),
            "do: field \"n\" is 1.5, expected a whole number in 0..9");
        refuses(",\"n\":10", request -> request.number("n", 0, 9, 0),
            "do: field \"n\" is 10, expected a whole number in 0..9");
        refuses(",\"n\":99999999999999999999", request -> request.number("n", 0, Long.MAX_VALUE, 0),
            "do: field \"n\" is 99999999999999999999, expected a whole number in 0.." + Long.MAX_VALUE);
        refuses(",\"ns\":1", request -> request.numbers("ns", 0, 9), "do: field \"ns\" is 1, expected a list");
        refuses(",\"ns\":[1,-1]", request -> request.numbers("ns", 0, 9),
            "do: field \"ns\" is -1, expected a whole number in 0..9");
        refuses(",\"ts\":[[]]", request -> request.texts("ts"),
            "do: field \"ts\" is [], expected a string without control characters");
    }

    @Test
    void shortensWhatIsLong() {
        refuses(",\"n\":\"" + "x".repeat(1000) + "\"", request -> request.number("n", 0, 9, 0),
            "do: field \"n\" is \"" + "x".repeat(79) + "..., expected a whole number in 0..9");
    }
}
