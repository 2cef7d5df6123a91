// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * One client. Its socket never blocks and belongs to the server's thread; replies may be added by any thread. Takes one
 * request at a time: while one is under way, or its reply is not read, nothing more is read from the client.
 */
final class ControlConnection {
    private static final int READ_BYTES = 4096;

    private final SocketChannel channel;
    private final SelectionKey key;
    private final ControlLimits limits;
    private final ByteBuffer chunk = ByteBuffer.allocate(READ_BYTES);
    private final Deque<ByteBuffer> out = new ArrayDeque<>();
    private byte[] in = new byte[READ_BYTES];
    private int length;
    private int searched;
    private long outBytes;
    private boolean busy;
    private boolean last;
    private boolean dropped;
    private boolean waits;
    private long deadline;

    ControlConnection(SocketChannel channel, SelectionKey key, ControlLimits limits) {
        this.channel = channel;
        this.key = key;
        this.limits = limits;
    }

    /**
     * Goes on with what can be done without waiting: writes, and reads if the next request may come.
     *
     * @return a whole request, or null
     * @throws IOException if the client is gone
     */
    byte[] proceed() throws IOException {
        synchronized (this) {
            write();
            if (busy || last || dropped || !out.isEmpty()) {
                return null;
            }
        }
        return read();
    }

    private byte[] read() throws IOException {
        while (true) {
            byte[] line = takeLine();
            if (line != null) {
                return line;
            }
            if (length > limits.lineBytes()) {
                addLast(ExitCode.USAGE, "request of more than " + limits.lineBytes() + " bytes");
                return null;
            }
            chunk.clear();
            int count = channel.read(chunk);
            if (count < 0) {
                throw new IOException("closed by the client");
            }
            if (count == 0) {
                return null;
            }
            if (length + count > in.length) {
                in = Arrays.copyOf(in, 2 * (length + count));
            }
            chunk.flip().get(in, length, count);
            length += count;
        }
    }

    private byte[] takeLine() {
        for (int end = Math.min(length, limits.lineBytes() + 1); searched < end; searched++) {
            if (in[searched] == '\n') {
                byte[] line = Arrays.copyOf(in, searched);
                length -= searched + 1;
                System.arraycopy(in, searched + 1, in, 0, length);
                searched = 0;
                return line;
            }
        }
        return null;
    }

    private void write() throws IOException {
        while (!out.isEmpty()) {
            ByteBuffer first = out.getFirst();
            int count = channel.write(first);
            outBytes -= count;
            if (count > 0) {
                waits = false;
            }
            if (first.hasRemaining()) {
                return;
            }
            out.removeFirst();
        }
    }

    /** Adds a line of a request that is under way. Any thread. */
    synchronized void add(ObjectNode reply) {
        byte[] line = Protocol.line(reply);
        if (!dropped && outBytes + line.length <= limits.replyBytes()) {
            out.add(ByteBuffer.wrap(line));
            outBytes += line.length;
        } else {
            /* Nobody reads it, or a client that does not read would fill the host's memory. */
            drop();
        }
    }

    /** Adds the last line of the request that is under way. Any thread. */
    synchronized void finish(ObjectNode reply) {
        add(reply);
        busy = false;
    }

    /** Adds a line after which the connection is closed. */
    synchronized void addLast(ExitCode code, String why) {
        add(Protocol.refused(code, why));
        last = true;
    }

    /** A request has begun. */
    synchronized void begin() {
        busy = true;
        waits = false;
    }

    /** Takes no further request: the connection ends when what is under way has ended. */
    synchronized void end() {
        last = true;
    }

    private void drop() {
        dropped = true;
        out.clear();
        outBytes = 0;
    }

    /** Whether it is to be closed. */
    synchronized boolean isOver() {
        return dropped || last && !busy && out.isEmpty();
    }

    /**
     * Tells the selector what to wait for.
     *
     * @return when the connection is to be dropped unless something happens, 0 for never
     */
    synchronized long await(long now) {
        int wanted = !out.isEmpty() ? SelectionKey.OP_WRITE : busy || last || dropped ? 0 : SelectionKey.OP_READ;
        if (key.interestOps() != wanted) {
            key.interestOps(wanted);
            waits = false;
        }
        if (wanted == 0) {
            return 0;
        }
        if (!waits) {
            waits = true;
            deadline = now + limits.idleNanos();
        }
        return deadline;
    }

    /** The client has let the time pass: it is told so if it is in the middle of a request, and dropped. */
    void expire() {
        if (length > 0 && key.interestOps() == SelectionKey.OP_READ) {
            addLast(ExitCode.USAGE, "no whole request within " + TimeUnit.NANOSECONDS.toMillis(limits.idleNanos())
                + " ms: a request is one line, ended by a newline");
            length = 0;
        } else {
            synchronized (this) {
                drop();
            }
        }
    }

    /** Closes the socket. A request that is under way goes on, and its replies go nowhere. */
    synchronized void close() {
        drop();
        key.cancel();
        try {
            channel.close();
        } catch (IOException closedAllTheSame) {
            dropped = true;
        }
    }
}
