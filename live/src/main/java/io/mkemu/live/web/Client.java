// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A browser that follows: what is to be sent to it waits in a queue of its own. One that does not read as fast as there
 * is something to say is let go: it would hold up nobody, but take memory. Offered to by any thread; run by one.
 */
final class Client {
    /** Half a minute of what a machine has to say, about. */
    static final int MOST_WAITING = 128;
    private static final long BEAT_SECONDS = 10;
    private static final byte[] BEAT = ": still here\n\n".getBytes(StandardCharsets.US_ASCII);

    private final BlockingQueue<byte[]> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final Thread writer;
    private volatile boolean gone;

    /**
     * A client.
     *
     * @param writer the thread that will call {@link #run}
     */
    Client(Thread writer) {
        this.writer = writer;
    }

    /** Takes what is to be sent. */
    void offer(byte[] frame) {
        if (!gone && !waiting.offer(frame)) {
            drop();
        }
    }

    /** Ends it: an interrupt also closes a channel that its thread waits to write to. */
    void drop() {
        gone = true;
        writer.interrupt();
    }

    boolean isGone() {
        return gone;
    }

    /** Writes what comes, until the client goes or is dropped. */
    void run(OutputStream out) throws IOException {
        try {
            while (!gone) {
                byte[] frame = waiting.poll(BEAT_SECONDS, TimeUnit.SECONDS);
                /* Without a word now and then nobody would see that the browser is gone. */
                out.write(frame == null ? BEAT : frame);
                if (waiting.isEmpty()) {
                    out.flush();
                }
            }
        } catch (InterruptedException dropped) {
            gone = true;
        }
    }
}
