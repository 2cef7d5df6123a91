// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.MachineException;
import io.mkemu.cli.type.ErrorText;
import io.mkemu.journal.JournalReader;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.journal.event.TracePlayer;
import io.mkemu.json.Json;
import io.mkemu.machine.MachineDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Follows the journal of a machine, if it has one, in a thread of its own, and tells the hub of latencies and the
 * newest messages. What was recorded longer ago than some seconds is passed over.
 */
final class TraceTail implements AutoCloseable {
    private static final long BACK_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final String STATE = "state";

    private final MachineDirectory directory;
    private final Hub hub;
    private Thread thread;
    private boolean toldOfNone;
    private volatile boolean closed;
    private long told = System.nanoTime() - PERIOD_NANOS;
    /* The thread's own. */
    private String problem;
    private String state = "reading";

    TraceTail(MachineDirectory directory, Hub hub) {
        this.directory = directory;
        this.hub = hub;
    }

    /** Looks whether there is a journal, until there is one. */
    void look() throws IOException {
        if (thread != null) {
            return;
        }
        try {
            String told = Files.readString(directory.journal()).strip();
            if (told.isEmpty()) {
                /* Just made. */
                return;
            }
            Path journal = Path.of(told);
            thread = new Thread(() -> follow(journal), "trace");
            thread.setDaemon(true);
            thread.start();
        } catch (NoSuchFileException none) {
            if (!toldOfNone) {
                toldOfNone = true;
                hub.tell("trace", Json.object().put(STATE, "none"));
            }
        }
    }

    private void follow(Path journal) {
        TraceNames names = new TraceNames();
        Flights flights = new Flights(names);
        try (JournalReader reader = JournalReader.open(journal, line -> problem = line)) {
            long from = System.nanoTime() - BACK_NANOS;
            new TracePlayer(reader, names, entry -> entry.time() > from, flights, new TracePlayer.Watcher() {
                @Override
                public boolean goesOn() {
                    if (System.nanoTime() - told >= PERIOD_NANOS) {
                        told = System.nanoTime();
                        tell(state, names, flights);
                    }
                    return !closed;
                }

                @Override
                public void caughtUp() {
                    state = "live";
                }
            }).play(true);
            tell("over", names, flights);
        } catch (IOException unreadable) {
            hub.tell("trace", Json.object().put(STATE, "unreadable").put("text", ErrorText.of(unreadable)));
        } catch (MachineException unreadable) {
            hub.tell("trace", Json.object().put(STATE, "unreadable").put("text", unreadable.getMessage()));
        }
    }

    private void tell(String state, TraceNames names, Flights flights) {
        ObjectNode what = Json.object().put(STATE, state);
        if (problem != null) {
            what.put("text", problem);
        }
        hub.tell("trace", flights.tell(what, System.nanoTime()));
    }

    /** Ends its thread. */
    @Override
    public void close() {
        closed = true;
        try {
            if (thread != null) {
                thread.join();
            }
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }
}
