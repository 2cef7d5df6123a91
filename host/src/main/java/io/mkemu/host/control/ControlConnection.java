// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One client. Its own thread reads a request, writes the replies while the request is under way, and only then reads
 * the next one; so nothing more is read from a client that does not read. Replies may be added by any thread, which
 * never waits for the client.
 */
final class ControlConnection {
    private static final int READ_BYTES = 4096;
    private static final int WRITE_BYTES = 64 << 10;

    private final SocketChannel channel;
    private final ControlLimits limits;
    private final Deque<byte[]> out = new ArrayDeque<>();
    private byte[] in = new byte[READ_BYTES];
    private int length;
    private int searched;
    private long outBytes;
    private boolean busy;
    private boolean closed;
    private volatile boolean last;

    ControlConnection(SocketChannel channel, ControlLimits limits) {
        this.channel = channel;
        this.limits = limits;
    }

    /**
     * Serves the client until it or the server ends, and closes the socket. A request that is under way goes on.
     *
     * @param begin takes a whole request, and sees to it that {@link #finish} is called for it
     */
    void serve(Consumer<byte[]> begin) {
        try {
            for (byte[] line = readLine(); line != null; line = readLine()) {
                begin();
                begin.accept(line);
                writeReplies();
            }
        } catch (MachineException wrong) {
            refuse(wrong.exitCode(), wrong.getMessage());
        } catch (IOException | InterruptedException gone) {
            /* Nothing is left to be done for this client. */
        } finally {
            close();
        }
    }

    /** Tells the client why it is not served, and closes the socket. */
    void refuse(ExitCode code, String why) {
        try {
            finish(Protocol.refused(code, why));
            writeReplies();
        } catch (IOException | InterruptedException gone) {
            /* It does not want to know. */
        } finally {
            close();
        }
    }

    private byte[] readLine() throws IOException {
        try {
            return TimeLimit.within(limits.idleNanos(), channel::shutdownInput, this::read);
        } catch (SocketTimeoutException late) {
            if (length == 0) {
                return null;
            }
            throw new MachineException(ExitCode.USAGE, "no whole request within "
                + TimeUnit.NANOSECONDS.toMillis(limits.idleNanos())
                + " ms: a request is one line, ended by a newline", late);
        }
    }

    private byte[] read() throws IOException {
        while (!last) {
            byte[] line = takeLine();
            if (line != null) {
                return line;
            }
            if (length > limits.lineBytes()) {
                throw new MachineException(ExitCode.USAGE, "request of more than " + limits.lineBytes() + " bytes");
            }
            if (length == in.length) {
                in = Arrays.copyOf(in, 2 * length);
            }
            int count = channel.read(ByteBuffer.wrap(in, length, in.length - length));
            if (count < 0) {
                throw new ClosedChannelException();
            }
            length += count;
        }
        return null;
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

    private void writeReplies() throws IOException, InterruptedException {
        for (byte[] line = nextReply(); line != null; line = nextReply()) {
            for (int written = 0; written < line.length;) {
                ByteBuffer part = ByteBuffer.wrap(line, written, Math.min(WRITE_BYTES, line.length - written));
                int count = TimeLimit.within(limits.idleNanos(), channel, () -> channel.write(part));
                written += count;
                wrote(count);
            }
        }
    }

    /** Waits for a reply; null if the last one of the request is written, or nobody can read it any more. */
    private synchronized byte[] nextReply() throws InterruptedException {
        while (out.isEmpty() && busy && !closed) {
            wait();
        }
        return out.poll();
    }

    private synchronized void wrote(int count) {
        outBytes -= count;
    }

    private synchronized void begin() {
        busy = true;
    }

    /** Adds a line of the request that is under way. Any thread. */
    synchronized void add(ObjectNode reply) {
        byte[] line = Protocol.line(reply);
        if (!closed && outBytes + line.length <= limits.replyBytes()) {
            out.add(line);
            outBytes += line.length;
            notifyAll();
        } else {
            /* Nobody reads it, or a client that does not read would fill the host's memory. */
            close();
        }
    }

    /** Adds the last line of the request that is under way. Any thread. */
    synchronized void finish(ObjectNode reply) {
        add(reply);
        busy = false;
        notifyAll();
    }

    /** Takes no further request: the connection ends when what is under way has ended. Any thread. */
    void end() {
        last = true;
    }

    /** Ends the wait for a request. Any thread. */
    void stopReading() {
        try {
            channel.shutdownInput();
        } catch (IOException closedAlready) {
            close();
        }
    }

    /** Whether its socket is closed, or just about to be. Any thread. */
    synchronized boolean isClosed() {
        return closed;
    }

    /** Closes the socket. A request that is under way goes on, and its replies go nowhere. Any thread. */
    synchronized void close() {
        last = true;
        closed = true;
        out.clear();
        notifyAll();
        try {
            channel.close();
        } catch (IOException closedAllTheSame) {
            /* Its descriptor is free, and nobody is told anything over it any more. */
        }
    }
}
