// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.Futex;
import java.util.function.BooleanSupplier;

/**
 * How the thread that runs a machine waits for what happens in it, until somebody stops it. To stop it, set what {@code
 * stopped} reads first and raise the machine's event then. One thread.
 */
final class EventLoop {
    /** A word that changes whenever something happens. */
    interface Events {
        /** Its present value. */
        int seen();

        /** Sleeps until it differs from the value seen, or the time in ns is over; 0: for ever. */
        void await(int seen, long timeoutNanos);
    }

    private final Events events;
    private final BooleanSupplier stopped;

    EventLoop(Events events, BooleanSupplier stopped) {
        this.events = events;
        this.stopped = stopped;
    }

    /** The event word of a machine. */
    static Events of(PhysicalMemory memory) {
        Futex futex = new Futex();
        return new Events() {
            @Override
            public int seen() {
                return memory.event();
            }

            @Override
            public void await(int seen, long timeoutNanos) {
                memory.awaitEvent(futex, seen, timeoutNanos);
            }
        };
    }

    /**
     * Looks, whenever something happens, whether it is done.
     *
     * @param lookNanos look also after so many ns in which nothing happens; 0: do not
     * @return false if it is stopped before
     */
    boolean await(BooleanSupplier done, long lookNanos) {
        int seen = events.seen();
        /* After the read: a stop that came before it leaves the word as it was read, and would be slept over. */
        while (!stopped.getAsBoolean()) {
            if (done.getAsBoolean()) {
                return true;
            }
            events.await(seen, lookNanos);
            seen = events.seen();
        }
        return false;
    }
}
