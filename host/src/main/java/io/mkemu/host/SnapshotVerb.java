// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.control.ControlRequest;
import io.mkemu.host.control.Protocol;
import io.mkemu.host.life.Machine;
import io.mkemu.host.life.StandStill;
import io.mkemu.host.snapshot.SavedStatus;
import io.mkemu.host.snapshot.SnapshotTarget;
import io.mkemu.host.snapshot.SnapshotWriter;
import io.mkemu.json.Json;
import io.mkemu.tree.DeviceTreeWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** The verb that saves a machine: all its kernels stand still while its RAM is copied, and only then. */
final class SnapshotVerb {
    private static final double NANOS_PER_MILLI = 1e6;

    private final Host host;
    private final Function<List<String>, ObjectNode> show;
    private final Machine machine;
    private long bytes;
    private long stoodNanos;
    private List<String> stopped = List.of();
    private List<String> notes = List.of();

    /**
     * Prepares.
     *
     * @param show what {@code mk show} tells of instances, all if none is named
     */
    SnapshotVerb(Host host, Function<List<String>, ObjectNode> show) {
        this.host = host;
        this.show = show;
        this.machine = host.machine();
    }

    /** Saves it in the file that the request names; replaces one only if it says so. */
    ObjectNode carryOut(ControlRequest request) {
        request.allow("file", "force");
        /* As a client has read it: a host works elsewhere. */
        Path file = Path.of(request.text("file"));
        if (!file.isAbsolute()) {
            throw new MachineException(ExitCode.USAGE, "snapshot: \"file\" is no absolute path: " + file);
        }
        try (SnapshotTarget target = SnapshotTarget.open(file, request.flag("force"))) {
            save(target);
            target.finish();
        } catch (IOException fault) {
            throw new MachineException(ExitCode.RESOURCES, file + " cannot be closed: " + fault.getMessage(), fault);
        }
        ObjectNode result = Json.object().put("file", file.toString()).put("bytes", bytes)
            .put("ram", machine.plan().layout().ramSize()).put("stoodMillis", stoodNanos / NANOS_PER_MILLI);
        stopped.forEach(result.putArray("stopped")::add);
        notes.forEach(result.putArray("notes")::add);
        return result;
    }

    private void save(SnapshotTarget target) {
        host.atOnce(() -> {
            /* Before any is stopped: that is what they are, and not what this does to them. */
            ObjectNode before = show.apply(List.of());
            long since = System.nanoTime();
            host.standStill(still -> copy(target, before, still));
            stoodNanos = System.nanoTime() - since;
            return null;
        });
    }

    private Void copy(SnapshotTarget target, ObjectNode before, StandStill still) {
        stopped = still.stopped();
        notes = still.notes();
        ObjectNode now = show.apply(List.of());
        Map<String, JsonNode> details = StreamSupport.stream(before.path("instances").spliterator(), false)
            .collect(Collectors.toMap(one -> one.path("name").asText(), one -> one.path("detail")));
        for (JsonNode one : now.path("instances")) {
            if (stopped.contains(one.path("name").asText())) {
                ((ObjectNode) one).set("detail", details.get(one.path("name").asText()));
            }
        }
        SavedStatus said = new SavedStatus(machine.name(), Protocol.version(), computer(), System.currentTimeMillis(),
            tree(), notes, now);
        try {
            bytes = SnapshotWriter.write(machine.directory().ram(), Json.bytes(said.json()), target.channel());
            return null;
        } catch (IOException fault) {
            throw target.unwritable(fault);
        }
    }

    private String tree() {
        try {
            return DeviceTreeWriter.write(host.spec());
        } catch (IllegalArgumentException unsayable) {
            return "";
        }
    }

    private static String computer() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException nameless) {
            return "";
        }
    }
}
