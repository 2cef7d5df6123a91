// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import java.io.IOException;
import org.agrona.DirectBuffer;

/** One side's end of a way to send messages between two processes. Used by one thread. */
interface Wire extends AutoCloseable {
    /** Takes messages. */
    interface Receiver {
        /** A message came; it lies there during the call only. */
        void message(DirectBuffer buffer, int offset, int length);
    }

    /** Sends to the other side: the main process to child 0, a child to the main process; false: no room now. */
    boolean offer(DirectBuffer payload, int offset, int bytes);

    /** Hands on what has come; a blocking way waits until something has. Returns how many. */
    int poll(Receiver receiver);

    /** A child is up: of the main process only. */
    default void attach() throws Exception {
    }

    /**
     * A command begins.
     *
     * @param bytes of each message
     */
    default void begin(int run, int bytes) throws Exception {
    }

    /** It is over on this side, and on the other one if this is the main process's. */
    default void end() throws Exception {
    }

    @Override
    default void close() throws IOException {
    }
}
