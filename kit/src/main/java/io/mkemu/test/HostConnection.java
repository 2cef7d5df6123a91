// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.abi.RamHeaderDescriptor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Asks the host of a machine over its control socket, as mk does: a connection for each request. Any thread. */
final class HostConnection {
    /** The number of the protocol that this client speaks; a host of another one refuses it. */
    static final int PROTOCOL = 1;
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int READ_BYTES = 8192;

    private final Path socket;

    HostConnection(Path socket) {
        this.socket = socket;
    }

    /** A request without fields yet. */
    static ObjectNode request(String verb) {
        return MAPPER.createObjectNode().put("verb", verb).put("protocol", PROTOCOL)
            .put("abi", RamHeaderDescriptor.ABI_VERSION);
    }

    /** One JSON text. */
    static JsonNode read(String text) throws IOException {
        return MAPPER.readTree(text);
    }

    /**
     * Asks one thing and waits for the answer.
     *
     * @param waitNanos how long to wait at most
     * @return the result
     * @throws MachineTestException as the host refuses it
     * @throws IOException          if nobody listens there, the host ends meanwhile, or does not answer in time
     */
    JsonNode ask(ObjectNode request, long waitNanos) throws IOException {
        long deadline = System.nanoTime() + waitNanos;
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            Selector selector = Selector.open()) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            ByteBuffer line = ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.UTF_8));
            while (line.hasRemaining()) {
                channel.write(line);
            }
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            return answer(channel, selector, deadline);
        }
    }

    private static JsonNode answer(SocketChannel channel, Selector selector, long deadline) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0 || selector.select(left) == 0 && System.nanoTime() - deadline > 0) {
                throw new IOException("the host does not answer");
            }
            selector.selectedKeys().clear();
            if (channel.read(buffer.clear()) < 0) {
                throw new IOException("the host ended before it had answered");
            }
            buffer.flip();
            while (buffer.hasRemaining()) {
                byte next = buffer.get();
                if (next != '\n') {
                    line.write(next);
                    continue;
                }
                JsonNode reply = MAPPER.readTree(line.toByteArray());
                line.reset();
                if (!reply.has("say")) {
                    return result(reply);
                }
            }
        }
    }

    private static JsonNode result(JsonNode reply) {
        if (reply.path("ok").asBoolean()) {
            return reply.path("result");
        }
        throw new MachineTestException(ExitCode.of(reply.path("exitCode").asInt(ExitCode.INTERNAL.code())),
            reply.path("error").asText("the host's answer is neither a result nor a refusal: " + reply));
    }
}
