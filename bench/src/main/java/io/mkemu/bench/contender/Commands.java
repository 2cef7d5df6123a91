// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.contender;

import io.mkemu.abi.TraceMode;
import java.nio.file.Path;
import java.util.List;

/**
 * What is asked of a contender, the process in which round trips are timed and messages are counted. One command at a
 * time; what a contender cannot do it refuses with UnsupportedOperationException.
 */
public interface Commands {
    /** Smallest message: its number. */
    int LEAST_BYTES = Long.BYTES;
    /** Largest message, MK_MAX_DATA_SIZE. */
    int MOST_BYTES = 256;
    /** Senders at the most. */
    int MOST_SENDERS = 4;

    /**
     * What a receiver counted.
     *
     * @param messages in the window
     * @param nanos    length of the window
     */
    record Rate(long messages, long nanos) {
    }

    /**
     * What it took to boot instances at once, and what one of them occupies then, idle.
     *
     * @param nanos  from exec until all are active
     * @param fields of one instance, the median of each: {@link BootField}
     */
    record Boot(long nanos, List<Long> fields) {
        /** One of them. */
        public long of(BootField field) {
            return fields.get(field.ordinal());
        }
    }

    /** The verb that is none: a JVM that prints a line. */
    String LINE = "line";

    /**
     * What a verb of the command line took, from its start to its end.
     *
     * @param nanos    that passed
     * @param cpuNanos of CPU time, of the script and its JVM
     * @param ownNanos nanos without the boot of an instance that it waited for
     */
    record VerbTime(long nanos, long cpuNanos, long ownNanos) {
    }

    /**
     * What a simulation did.
     *
     * @param runs   of its machine
     * @param points of all runs
     * @param nanos  that passed
     * @param bytes  of heap that all threads allocated meanwhile
     */
    record Sweep(long runs, long points, long nanos, long bytes) {
    }

    /**
     * Sends messages there and back, one under way at a time.
     *
     * @param millis for so long, or until {@link Samples} is full
     * @param file   each trip is appended to it, ns
     */
    default void roundTrips(int bytes, long millis, Path file) throws Exception {
        throw new UnsupportedOperationException("it makes no round trips");
    }

    /** A way of 1 MiB from one array, or the pages where it was written, to another array. */
    enum Way {
        /** None: System.arraycopy in one process, which has written all of it just before: it is in its cache. */
        MEMCPY,
        /** The same, of bytes that are not in a cache. */
        COLD,
        /** The receiver keeps the pages mapped: a message says that they are written anew. */
        KEPT,
        /** sendPages, receiveMapPages and receiveUnmapPage each time, of the same pages. */
        SENT,
        /** As SENT, from an array: the copy into the pages is timed too. */
        WHOLE
    }

    /**
     * Sends 1 MiB from an instance to the host again and again.
     *
     * @param millis for so long
     * @param file   how long each took is appended to it, ns
     */
    default void pages(Way way, long millis, Path file) throws Exception {
        throw new UnsupportedOperationException("it has no pages");
    }

    /**
     * Receives from senders that send as fast as they can.
     *
     * @param senders 1..4, each a process of its own
     */
    default Rate rate(int bytes, int senders, long millis) throws Exception {
        throw new UnsupportedOperationException("its throughput is not measured");
    }

    /**
     * Has all wait for messages that do not come.
     *
     * @return the CPU time that its processes took, and the time that passed
     */
    default Rate idle(long millis) throws Exception {
        throw new UnsupportedOperationException("its idling is not measured");
    }

    /**
     * Boots instances of its machine at once, lets them idle for a moment, and ends them.
     *
     * @param instances 1 or more
     */
    default Boot boot(int instances) throws Exception {
        throw new UnsupportedOperationException("its boot is not measured");
    }

    /**
     * Runs a verb of the command line on its machine.
     *
     * @param verb {@link #LINE}, list, show, dmesg, exec or kill
     */
    default VerbTime verb(String verb) throws Exception {
        throw new UnsupportedOperationException("it has no command line");
    }

    /**
     * Simulates its machine again and again, each time from another seed.
     *
     * @param jobs   threads, 1 or more
     * @param millis for so long, about
     */
    default Sweep sweep(int jobs, long millis) throws Exception {
        throw new UnsupportedOperationException("it does not simulate");
    }

    /**
     * Changes what is recorded while it runs.
     *
     * @return how many records were lost since the machine was made, because they came faster than they were drained
     */
    default long trace(TraceMode mode) throws Exception {
        throw new UnsupportedOperationException("it has no trace");
    }
}
