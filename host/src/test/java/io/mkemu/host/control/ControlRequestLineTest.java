// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is a request on a control socket: one whole line, however it comes. */
class ControlRequestLineTest extends ServedSocket {
    @Test
    void takesARequestByteByByte() throws IOException {
        serve(ControlLimits.DEFAULT);
        RawClient client = client();
        for (byte one : "{\"verb\":\"a\"}\n".getBytes(StandardCharsets.UTF_8)) {
            client.send(new byte[] {one});
        }
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"a\"}}", client.readLine());
    }

    @Test
    void halfALineLeavesNoTrace() throws IOException {
        ControlServer server = serve(ControlLimits.DEFAULT);
        String request = "{\"verb\":\"half\"}";
        for (int length = 0; length <= request.length(); length++) {
            try (RawClient dies = new RawClient(socket)) {
                dies.send(request.substring(0, length));
            }
        }
        client().ask("{\"verb\":\"a\"}");
        server.close();
        assertEquals(List.of("a"), List.copyOf(handler.begun));
    }

    @Test
    void aWholeLineIsDoneThoughItsClientIsGone() throws Exception {
        serve(ControlLimits.DEFAULT);
        try (RawClient dies = new RawClient(socket)) {
            dies.send("{\"verb\":\"wait\"}\n");
            handler.waiting.await();
        }
        handler.go.countDown();
        awaitNot(() -> handler.done.isEmpty());
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"a\"}}", client().ask("{\"verb\":\"a\"}"));
        assertEquals(List.of("wait", "a"), List.copyOf(handler.done));
    }

    @ParameterizedTest
    @ValueSource(strings = {"garbage", "", "[]", "7", "null", "{\"verb\":1}", "{}", "{\"verb\":\"a\"} x",
        "{\"verb\":\"a\",\"verb\":\"b\"}", "{\"verb\":\"a\"}{\"verb\":\"b\"}", "{\"verb\":\"a\\u0000\"}", "{\"verb\""})
    void garbageIsRefusedAndTheNextRequestIsNot(String line) throws IOException {
        serve(ControlLimits.DEFAULT);
        RawClient client = client();
        String answer = client.ask(line);
        assertTrue(answer.startsWith("{\"ok\":false,\"exitCode\":2,\"error\":\""), answer);
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"a\"}}", client.ask("{\"verb\":\"a\"}"));
        assertEquals(List.of("a"), List.copyOf(handler.begun));
    }

    @Test
    void bytesThatAreNoTextAndDeepNestingAreRefused() throws IOException {
        serve(ControlLimits.DEFAULT);
        RawClient client = client();
        client.send(new byte[] {'{', '"', (byte) 0xff, (byte) 0xfe, '"', '}', '\n'});
        assertTrue(client.readLine().startsWith("{\"ok\":false,\"exitCode\":2"));
        assertTrue(client.ask("{\"verb\":" + "[".repeat(60_000)).startsWith("{\"ok\":false,\"exitCode\":2"));
        assertTrue(handler.begun.isEmpty());
    }

    @Test
    void theLongestLineIsTakenAndOneByteMoreIsNot() throws IOException {
        serve(ControlLimits.DEFAULT);
        String frame = "{\"verb\":\"\"}";
        String longest = "v".repeat((64 << 10) - frame.length());
        assertEquals("{\"ok\":true,\"result\":{\"did\":\"" + longest + "\"}}",
            client().ask("{\"verb\":\"" + longest + "\"}"));
        RawClient client = client();
        assertEquals("{\"ok\":false,\"exitCode\":2,\"error\":\"request of more than 65536 bytes\"}",
            client.ask("{\"verb\":\"v" + longest + "\"}"));
        assertNull(client.readLine());
        assertEquals(1, handler.begun.size());
    }
}
