// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.MachineException;
import io.mkemu.host.view.MachineLogs;
import io.mkemu.host.view.MachineView;
import io.mkemu.host.view.PausedKernels;
import io.mkemu.host.view.Rates;
import io.mkemu.host.view.RunningMachines;
import io.mkemu.host.view.Snapshot;
import io.mkemu.host.view.SnapshotJson;
import io.mkemu.host.view.SnapshotReader;
import io.mkemu.json.Json;
import io.mkemu.live.metrics.MetricsSource;
import io.mkemu.live.metrics.MetricsText;
import io.mkemu.machine.MachineDirectory;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A machine while it runs: four times a second its snapshot with what has happened since the one before, and the lines
 * that its kernels log. When the machine ends that is told, and when it is made anew it is shown again.
 */
final class LiveFeed implements Feed {
    private static final long PERIOD_MILLIS = 250;
    /** Longer than that ago nobody looked: what happened since then is no rate of now. */
    private static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final MachineDirectory directory;
    private final MetricsSource metrics;
    private MachineView view;
    private SnapshotReader reader;
    private MachineLogs logs;
    private TraceTail tail;
    private Snapshot before;
    private boolean toldOfEnd;
    private String why = "";

    /**
     * A feed of a machine that is there.
     *
     * @param name of the machine; null: the only one
     * @throws MachineException if there is none, or without a name several
     */
    LiveFeed(String name) throws IOException {
        view = MachineView.open(name);
        directory = MachineDirectory.of(view.name());
        metrics = new MetricsSource(view.name());
    }

    /** The machine's name. */
    String machine() {
        return directory.machine();
    }

    @Override
    public void run(Hub hub, CountDownLatch stop) throws IOException, InterruptedException {
        hub.tell("hello", Json.object().put("mode", "live").put("machine", machine()));
        do {
            if (view != null || open(hub)) {
                look(hub);
            }
        } while (!stop.await(PERIOD_MILLIS, TimeUnit.MILLISECONDS));
    }

    /** Looks whether the machine is there again; one that cannot be read, of another mkemu say, is told of. */
    private boolean open(Hub hub) throws IOException {
        try {
            if (RunningMachines.runs(directory)) {
                view = MachineView.open(machine());
            }
        } catch (MachineException notYet) {
            tellWhy(hub, notYet);
        }
        return view != null;
    }

    private void tellWhy(Hub hub, MachineException notYet) {
        if (!notYet.getMessage().equals(why)) {
            why = notYet.getMessage();
            hub.tell("status", Json.object().put("state", "ended").put("text", why));
        }
    }

    /** Whether there is another machine in the place of the one that was watched. */
    private boolean isMadeAnew(Hub hub) throws IOException {
        try {
            return RunningMachines.runs(directory);
        } catch (MachineException refused) {
            tellWhy(hub, refused);
            return false;
        }
    }

    private void look(Hub hub) throws IOException {
        if (reader == null) {
            reader = new SnapshotReader(view);
            logs = new MachineLogs(view.mapped());
            tail = new TraceTail(directory, hub);
            before = null;
            toldOfEnd = false;
            why = "";
            hub.forgetLog();
            hub.tell("status", Json.object().put("state", "running"));
        }
        /* Asked before: what a kernel said last is there when its machine has ended. */
        boolean runs = view.runs();
        hub.log(logs.poll().stream().map(LiveFeed::line).toList());
        tail.look();
        if (hub.isHeard() || !runs) {
            tell(hub, reader.read());
        } else {
            hub.forget("snapshot");
        }
        if (!runs && isMadeAnew(hub)) {
            close();
        } else if (!runs && !toldOfEnd) {
            toldOfEnd = true;
            /* A host that ends in order takes its RAM along. */
            String how = Files.exists(directory.ram()) ? "\" is dead, its host was killed" : "\" does not run any more";
            hub.tell("status", Json.object().put("state", "ended").put("text", "machine \"" + machine() + how
                + ": this is what was there last. It is shown again when it is made anew: mk init --machine "
                + machine()));
        }
    }

    private void tell(Hub hub, Snapshot now) {
        ObjectNode what = Json.object();
        what.set("snapshot", SnapshotJson.of(now));
        long since = before == null ? 0 : now.takenNanos() - before.takenNanos();
        if (since > 0 && since < STALE_NANOS) {
            what.set("rates", SnapshotJson.of(Rates.between(before, now)));
        }
        PausedKernels.of(now).forEach(what.putArray("paused")::add);
        before = now;
        hub.tell("snapshot", what);
    }

    private static ObjectNode line(MachineLogs.Entry entry) {
        ObjectNode line = Json.object().put("kernel", entry.kernel()).put("name", entry.name())
            .put("life", entry.life()).put("nanos", entry.nanos()).put("level", entry.level().label())
            .put("text", entry.text());
        return entry.missedBytes() == 0 ? line : line.put("missedBytes", entry.missedBytes());
    }

    @Override
    public MetricsText metrics(String accept) throws IOException {
        return MetricsText.accepted(accept, metrics.readOrDown());
    }

    @Override
    public ObjectNode answer(String path, URI address) {
        return null;
    }

    @Override
    public ObjectNode carryOut(JsonNode request) throws IOException {
        return MachineVerbs.carryOut(machine(), request);
    }

    @Override
    public void close() throws IOException {
        try (var _ = view; var _ = reader; var _ = tail) {
            view = null;
            reader = null;
            tail = null;
        }
    }
}
