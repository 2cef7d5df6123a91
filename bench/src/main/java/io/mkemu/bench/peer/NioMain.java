// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;

/** java.nio over Unix stream sockets, the main process's end: a connection for each child. */
final class NioMain implements Wire {
    static final String SOCKET = "socket";

    private final ServerSocketChannel server;
    private final List<NioStream> children = new ArrayList<>();
    private Selector selector;

    NioMain(Path directory) throws IOException {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(directory.resolve(SOCKET)));
    }

    @Override
    public void attach() throws IOException {
        children.add(new NioStream(server.accept()));
    }

    @Override
    public void begin(int run, int bytes) {
        children.forEach(child -> child.begin(run, bytes));
    }

    /** With one child both ends block, as in C; with more it waits for any of them. */
    @Override
    public int poll(Receiver receiver) {
        try {
            return children.size() == 1 ? children.getFirst().poll(receiver) : select(receiver);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private int select(Receiver receiver) throws IOException {
        if (selector == null) {
            selector = Selector.open();
            for (NioStream child : children) {
                child.channel().configureBlocking(false);
                child.channel().register(selector, SelectionKey.OP_READ, child);
            }
        }
        selector.select();
        int messages = 0;
        for (SelectionKey ready : selector.selectedKeys()) {
            messages += ((NioStream) ready.attachment()).poll(receiver);
        }
        selector.selectedKeys().clear();
        return messages;
    }

    @Override
    public boolean offer(DirectBuffer payload, int offset, int bytes) {
        return children.getFirst().offer(payload, offset, bytes);
    }

    @Override
    public void end() throws IOException {
        if (selector != null) {
            selector.close();
            selector = null;
            for (NioStream child : children) {
                child.channel().configureBlocking(true);
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (NioStream child : children) {
            child.close();
        }
    }
}
