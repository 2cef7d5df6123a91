// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.agrona.DirectBuffer;

/** java.nio over a Unix stream socket, a child's end. */
final class NioChild implements Wire {
    private final NioMain.NioStream stream;

    NioChild(Path directory) throws IOException {
        stream = new NioMain.NioStream(
            SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve(NioMain.SOCKET))));
    }

    @Override
    public void begin(int run, int bytes) {
        stream.bytes(bytes);
    }

    @Override
    public boolean offer(DirectBuffer payload, int offset, int bytes) {
        return stream.send(payload, offset, bytes);
    }

    @Override
    public int poll(Receiver receiver) {
        try {
            return stream.receive(receiver);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    @Override
    public void close() throws IOException {
        stream.channel().close();
    }
}
