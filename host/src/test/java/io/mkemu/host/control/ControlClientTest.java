// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a host, or what is in its place, can do to a client. */
@Timeout(300)
class ControlClientTest {
    private static final long PATIENCE_MILLIS = 30_000;

    @TempDir
    private Path directory;

    private Path socket() {
        return directory.resolve("control");
    }

    private static ObjectNode request() {
        return Json.object().put("verb", "a");
    }

    /** Takes one connection and answers with these bytes, whatever it is asked; then it closes. */
    private Thread answering(ServerSocketChannel listener, String answer) {
        return Thread.ofPlatform().start(() -> {
            try (SocketChannel client = listener.accept()) {
                client.read(ByteBuffer.allocate(1000));
                ByteBuffer bytes = ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    client.write(bytes);
                }
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
        });
    }

    private ServerSocketChannel listen() throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket()), 1);
    }

    private ControlClient connect(ControlServer server) throws IOException {
        assertNotNull(server);
        return ControlClient.connect(socket(), PATIENCE_MILLIS);
    }

    @Test
    void givesTheResultAndWhatIsSaid() throws IOException {
        ControlHandler handler = (request, say) -> {
            say.accept("wait");
            return Json.object().put("did", request.verb());
        };
        List<String> said = new ArrayList<>();
        try (ControlServer server = ControlServer.open(socket(), handler, ControlLimits.DEFAULT);
             ControlClient client = connect(server)) {
            assertEquals("{\"did\":\"a\"}", client.ask(request(), PATIENCE_MILLIS, said::add).toString());
            assertEquals("{\"did\":\"a\"}", client.ask(request(), PATIENCE_MILLIS, said::add).toString());
        }
        assertEquals(List.of("wait", "wait"), said);
    }

    @Test
    void aRefusalIsThrownAsTheHostThrewIt() throws IOException {
        ControlHandler handler = (request, say) -> {
            throw new MachineException(ExitCode.RESOURCES, "no room");
        };
        try (ControlServer server = ControlServer.open(socket(), handler, ControlLimits.DEFAULT);
             ControlClient client = connect(server)) {
            MachineException refused = assertThrows(MachineException.class,
                () -> client.ask(request(), PATIENCE_MILLIS, line -> { }));
            assertEquals(ExitCode.RESOURCES, refused.exitCode());
            assertEquals("no room", refused.getMessage());
        }
    }

    @Test
    void aHostThatDoesNotAnswerIsGivenUp() throws IOException {
        try (ServerSocketChannel listener = listen();
             ControlClient client = ControlClient.connect(socket(), PATIENCE_MILLIS)) {
            assertTrue(listener.isOpen());
            assertThrows(SocketTimeoutException.class, () -> client.ask(request(), 100, line -> { }));
        }
    }

    @Test
    void aHostThatTakesNoConnectionIsGivenUp() throws IOException {
        try (ServerSocketChannel listener = listen()) {
            List<ControlClient> queue = new ArrayList<>();
            assertThrows(SocketTimeoutException.class, () -> {
                while (listener.isOpen()) {
                    queue.add(ControlClient.connect(socket(), 100));
                }
            });
            for (ControlClient client : queue) {
                client.close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"ok\":true", "{\"say\":\"x\"}\n", "garbage\n", "{}\n", "{\"ok\":true}\n",
        "{\"ok\":false,\"exitCode\":7}\n", "{\"ok\":false,\"exitCode\":\"x\",\"error\":\"y\"}\n"})
    void aHostThatDiesOrTalksNonsenseIsAnError(String answer) throws Exception {
        try (ServerSocketChannel listener = listen()) {
            Thread host = answering(listener, answer);
            try (ControlClient client = ControlClient.connect(socket(), PATIENCE_MILLIS)) {
                assertThrows(IOException.class, () -> client.ask(request(), PATIENCE_MILLIS, line -> { }));
            }
            host.join();
        }
    }

    @Test
    void aRefusalIsReadThoughTheHostTakesNoMore() throws Exception {
        ControlHandler handler = (request, say) -> Json.object();
        ObjectNode huge = request().put("x", "y".repeat(4 << 20));
        try (ControlServer server = ControlServer.open(socket(), handler, ControlLimits.DEFAULT);
             ControlClient client = connect(server)) {
            MachineException refused = assertThrows(MachineException.class,
                () -> client.ask(huge, PATIENCE_MILLIS, line -> { }));
            assertEquals(ExitCode.USAGE, refused.exitCode());
        }
    }

    @Test
    void nobodyThereIsAnError() {
        assertThrows(IOException.class, () -> ControlClient.connect(socket(), PATIENCE_MILLIS));
    }
}
