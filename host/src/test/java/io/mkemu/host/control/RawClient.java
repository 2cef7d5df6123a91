// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A client that says and reads just the bytes that a test wants. */
final class RawClient implements AutoCloseable {
    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocate(8192).flip();

    RawClient(Path socket) throws IOException {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    }

    RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    RawClient send(byte[] bytes) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(bytes);
        while (out.hasRemaining()) {
            channel.write(out);
        }
        return this;
    }

    /** The next line without its newline; null if the server has closed the connection. */
    String readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            while (in.hasRemaining()) {
                byte next = in.get();
                if (next == '\n') {
                    return line.toString(StandardCharsets.UTF_8);
                }
                line.write(next);
            }
            in.clear();
            int count;
            try {
                count = channel.read(in);
            } catch (IOException reset) {
                count = -1;
            }
            in.flip();
            if (count < 0) {
                return null;
            }
        }
    }

    /** How many lines come until the server closes the connection. */
    int lines() throws IOException {
        int lines = 0;
        while (readLine() != null) {
            lines++;
        }
        return lines;
    }

    String ask(String request) throws IOException {
        return send(request + "\n").readLine();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
