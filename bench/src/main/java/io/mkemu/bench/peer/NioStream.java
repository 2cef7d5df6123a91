// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** java.nio over a Unix stream socket: one end, which reads and writes messages of one length. */
final class NioStream implements Wire {
    private static final int AT_ONCE = 1 << 16;

    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocateDirect(AT_ONCE);
    private final ByteBuffer out = ByteBuffer.allocateDirect(AT_ONCE);
    private final UnsafeBuffer view = new UnsafeBuffer(in);
    private int bytes;

    NioStream(SocketChannel channel) {
        this.channel = channel;
    }

    /** A child's end. */
    static NioStream connect(Path directory) throws IOException {
        return new NioStream(SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve(NioMain.SOCKET))));
    }

    SocketChannel channel() {
        return channel;
    }

    @Override
    public void begin(int run, int length) {
        bytes = length;
        in.clear();
    }

    @Override
    public boolean offer(DirectBuffer payload, int offset, int length) {
        out.clear();
        payload.getBytes(offset, out, length);
        out.flip();
        try {
            while (out.hasRemaining()) {
                channel.write(out);
            }
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
        return true;
    }

    @Override
    public int poll(Receiver receiver) {
        try {
            if (channel.read(in) < 0) {
                throw new IOException("the other side is gone");
            }
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
        int messages = 0;
        int at = 0;
        for (; in.position() - at >= bytes; at += bytes) {
            receiver.message(view, at, bytes);
            messages++;
        }
        int end = in.position();
        in.position(at).limit(end);
        in.compact();
        return messages;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
