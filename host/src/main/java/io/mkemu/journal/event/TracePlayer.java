// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import io.mkemu.journal.SegmentSource;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * Passes on the events of a journal in order, to its end, or as they come. One thread.
 *
 * <p>Records tell of what is over, so an event is held back for a while, until nothing earlier is to be expected: 2 s
 * of what is recorded, longer than any CPU sleeps at a stretch. Whoever follows does not wait that long: what is
 * recorded now is passed on after 200 ms, and what took longer than that comes late, with its own time.
 */
public final class TracePlayer {
    private static final long HORIZON_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long FOLLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** Who watches: asked and told between the events. */
    public interface Watcher {
        /** Whether to go on. */
        boolean goesOn();

        /** There is nothing more for now. */
        void caughtUp() throws IOException;
    }

    private final SegmentSource source;
    private final EventMerge merge;
    private final JournalEvents events;
    private final Watcher watcher;

    /**
     * A player at the beginning of a journal.
     *
     * @param names  learns who is who
     * @param wanted which records have to be looked at
     * @param sink   takes the events
     */
    public TracePlayer(SegmentSource source, TraceNames names, Predicate<TraceEntry> wanted, EventSink sink,
        Watcher watcher) {
        this.source = source;
        this.watcher = watcher;
        this.merge = new EventMerge(sink);
        this.events = new JournalEvents(source, names, entry -> {
            if (wanted.test(entry)) {
                merge.push(entry);
            }
        });
    }

    /**
     * Plays what is there, or until the watcher has enough.
     *
     * @param follow whether to go on with what comes, until the recording ends
     */
    public void play(boolean follow) throws IOException {
        while (true) {
            long looked = System.nanoTime();
            while (events.poll()) {
                merge.drain(before(events.watermark(), HORIZON_NANOS));
                if (!watcher.goesOn()) {
                    return;
                }
            }
            if (!follow || source.hasEnded()) {
                break;
            }
            merge.drain(looked - FOLLOW_NANOS);
            watcher.caughtUp();
            if (!watcher.goesOn()) {
                return;
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
        merge.drain();
        watcher.caughtUp();
    }

    private static long before(long time, long nanos) {
        return time < Long.MIN_VALUE + nanos ? Long.MIN_VALUE : time - nanos;
    }
}
