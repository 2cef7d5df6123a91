// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.trace.TraceSource;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.journal.event.TracePlayer;
import io.mkemu.json.Json;
import io.mkemu.live.web.Recording.Change;
import io.mkemu.live.web.Slices.Slice;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * What was recorded of a machine, read once from its beginning to its end as it is then, and told as of the time that a
 * page asks for.
 */
final class RecordedFeed implements Feed {
    private static final int MOST_DIGITS = 18;

    private final TraceSource.Open journal;
    private volatile Recording read;

    /**
     * A feed of a recording.
     *
     * @param directory a journal, for its newest recording, or a recording
     * @throws MachineException if there is none
     */
    RecordedFeed(Path directory) throws IOException {
        journal = new TraceSource.Open(directory);
    }

    @Override
    public void run(Hub hub, CountDownLatch stop) throws IOException, InterruptedException {
        hub.tell("status", Json.object().put("state", "reading").put("text", "Reading " + journal.name() + " \u2026"));
        Recording recording = new Recording(new TraceNames());
        new TracePlayer(journal.segments(), recording.names(), entry -> true, recording, new TracePlayer.Watcher() {
            @Override
            public boolean goesOn() {
                return stop.getCount() > 0;
            }

            @Override
            public void caughtUp() {
            }
        }).play(false);
        if (stop.getCount() > 0) {
            tell(hub, recording);
            stop.await();
        }
    }

    private void tell(Hub hub, Recording recording) {
        String what = whatIsWrong(recording);
        if (what != null) {
            System.err.println("mk: " + what);
        }
        if (recording.isEmpty()) {
            hub.tell("status", Json.object().put("state", "empty").put("text", what));
            return;
        }
        read = recording;
        hub.tell("hello", hello(recording));
        hub.tell("status", Json.object().put("state", "recorded").put("text", what == null ? "" : what));
    }

    /** In a line, or null if all that was recorded could be read. */
    private String whatIsWrong(Recording recording) {
        String problems = journal.problems(0);
        if (problems == null && recording.isEmpty()) {
            return journal.name() + " tells nothing";
        }
        String open = journal.segments().isEnded() ? null : journal.name() + " has no end: its machine runs on, or its "
            + "host was killed; this is what there was when it was read";
        return problems == null ? open : open == null ? problems : problems + "; " + open;
    }

    private static ObjectNode hello(Recording recording) {
        long created = recording.names().createdNanos();
        ObjectNode hello = Json.object().put("mode", "journal").put("machine", recording.names().machine())
            .put("begin", recording.begin() - created).put("end", recording.end() - created)
            .put("slice", recording.slices().width());
        ArrayNode slices = hello.putArray("slices");
        long at = recording.begin() - created;
        for (Slice slice : recording.slices().all()) {
            RecordedMoment.kernels(slices.addObject().put("at", at).putArray("kernels"), recording, slice);
            at += recording.slices().width();
        }
        ArrayNode changes = hello.putArray("changes");
        for (List<Change> of : recording.changes().values()) {
            for (Change change : of) {
                if (change.state() != null) {
                    changes.addObject().put("at", change.time() - created).put("kernel", change.kernel())
                        .put("state", change.state().toString());
                }
            }
        }
        return hello;
    }

    @Override
    public ObjectNode answer(String path, URI address) {
        if (!path.equals("at")) {
            return null;
        }
        Recording recording = read;
        if (recording == null) {
            throw new MachineException(ExitCode.STATE, "the journal is still being read, or holds nothing");
        }
        String nanos = Gate.parameter(address, "nanos");
        if (nanos == null || !nanos.matches("-?[0-9]{1," + MOST_DIGITS + "}")) {
            throw new MachineException(ExitCode.USAGE, "nanos: say a time, in ns since the machine was made");
        }
        return new RecordedMoment(recording, recording.names().createdNanos() + Long.parseLong(nanos)).tell();
    }

    @Override
    public ObjectNode carryOut(JsonNode request) {
        throw new MachineException(ExitCode.STATE, "this is a recording: nothing in it can be changed");
    }

    @Override
    public void close() {
        journal.close();
    }
}
