// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Asks a host over its control socket. One thread uses it. */
public final class ControlClient implements AutoCloseable {
    private static final int READ_BYTES = 8192;
    private static final int MAX_REPLY_BYTES = 16 << 20;

    private final SocketChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES).flip();

    private ControlClient(SocketChannel channel) {
        this.channel = channel;
    }

    /**
     * Connects.
     *
     * @throws SocketTimeoutException if the host does not take the connection in time
     * @throws IOException            if nobody listens there
     */
    public static ControlClient connect(Path socket, long timeoutMillis) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            within(channel, timeoutMillis, () -> channel.connect(UnixDomainSocketAddress.of(socket)));
            return new ControlClient(channel);
        } catch (IOException | RuntimeException refused) {
            channel.close();
            throw refused;
        }
    }

    /**
     * Asks one thing and waits for its end.
     *
     * @param say told what the host says meanwhile
     * @return the result
     * @throws MachineException       as the host refuses it
     * @throws SocketTimeoutException if there is no answer in time
     * @throws IOException            if the host is gone, or answers with something else
     */
    public ObjectNode ask(ObjectNode request, long timeoutMillis, Consumer<String> say) throws IOException {
        return within(channel, timeoutMillis, () -> {
            IOException unsent = send(request);
            while (true) {
                ObjectNode reply = readReply(unsent);
                if (reply.has(Protocol.SAY)) {
                    say.accept(reply.get(Protocol.SAY).asText());
                } else if (reply.path(Protocol.OK).asBoolean() && reply.get(Protocol.RESULT) instanceof ObjectNode
                    result) {
                    return result;
                } else {
                    throw refusal(reply);
                }
            }
        });
    }

    /** A host that takes no more may have said why before. */
    private IOException send(ObjectNode request) {
        try {
            ByteBuffer line = ByteBuffer.wrap(Protocol.line(request));
            while (line.hasRemaining()) {
                channel.write(line);
            }
            return null;
        } catch (IOException refused) {
            return refused;
        }
    }

    private ObjectNode readReply(IOException unsent) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            while (buffer.hasRemaining()) {
                byte next = buffer.get();
                if (next == '\n') {
                    return parse(line.toByteArray());
                }
                line.write(next);
            }
            buffer.clear();
            int count = channel.read(buffer);
            buffer.flip();
            if (count < 0) {
                throw new IOException("the connection ended before the answer came", unsent);
            }
            if (line.size() > MAX_REPLY_BYTES) {
                throw new IOException("the answer has more than " + MAX_REPLY_BYTES + " bytes");
            }
        }
    }

    private static ObjectNode parse(byte[] line) throws IOException {
        try {
            return Protocol.parse(line);
        } catch (MachineException wrong) {
            throw new IOException("the answer is " + wrong.getMessage(), wrong);
        }
    }

    private static MachineException refusal(JsonNode reply) throws IOException {
        if (!reply.path(Protocol.ERROR).isTextual() || !reply.path(Protocol.EXIT_CODE).isInt()) {
            throw new IOException("the answer is neither a result nor a refusal: " + reply);
        }
        return new MachineException(ExitCode.of(reply.get(Protocol.EXIT_CODE).intValue()),
            reply.get(Protocol.ERROR).textValue());
    }

    private static <T> T within(SocketChannel channel, long millis, TimeLimit.Step<T> step) throws IOException {
        return TimeLimit.within(TimeUnit.MILLISECONDS.toNanos(millis), channel, step);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
