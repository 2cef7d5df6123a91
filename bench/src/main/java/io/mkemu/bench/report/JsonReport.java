// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.bench.run.Results.Boots;
import io.mkemu.bench.run.Results.Idle;
import io.mkemu.bench.run.Results.RoundTrip;
import io.mkemu.bench.run.Results.Swept;
import io.mkemu.bench.run.Results.Throughput;
import io.mkemu.bench.run.Results.Verb;
import io.mkemu.bench.run.Results.Warmed;
import io.mkemu.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A run as one JSON object. */
public final class JsonReport {
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double MICROS_PER_MILLI = 1e3;

    private JsonReport() {
    }

    /**
     * The object: "runs" has an element for each measurement, of round trips {@code {name, bytes, roundTripNanos: {p50,
     * p99, p999, max}}}, of throughput {@code {name, bytes, senders, messagesPerSecond}}; "idle",
     * "boot", "verbs", "simulate", "budget", "warmUp", "machine" and "failed" stand beside it.
     */
    public static ObjectNode of(Report report) {
        ObjectNode root = Json.object();
        ArrayNode runs = root.putArray("runs");
        for (RoundTrip trip : report.roundTrips()) {
            runs.addObject().put("name", trip.name()).put("bytes", trip.bytes()).putObject("roundTripNanos")
                .put("p50", trip.p50()).put("p99", trip.p99()).put("p999", trip.p999()).put("max", trip.max());
        }
        for (Throughput rate : report.results().throughputs()) {
            runs.addObject().put("name", rate.name()).put("bytes", rate.bytes()).put("senders", rate.senders())
                .put("messagesPerSecond", Math.round(rate.messagesPerSecond()));
        }
        ArrayNode idle = root.putArray("idle");
        for (Idle machine : report.results().idle()) {
            idle.addObject().put("name", machine.name()).put("cpuSecondsPerSecond", machine.cpus());
        }
        ArrayNode boots = root.putArray("boot");
        for (Boots boot : report.results().boots()) {
            ObjectNode one = boots.addObject().put("instances", boot.instances()).put("runs", boot.runs());
            one.putObject("execToActiveMillis").put("p50", boot.p50() / NANOS_PER_MILLI)
                .put("max", boot.max() / NANOS_PER_MILLI);
            ObjectNode steps = one.putObject("stepMillis");
            ObjectNode memory = one.putObject("memoryKiB");
            boot.fields().forEach((field, value) -> {
                if (field.isMemory()) {
                    memory.put(field.label(), value);
                } else {
                    steps.put(field.label(), value / MICROS_PER_MILLI);
                }
            });
        }
        ArrayNode verbs = root.putArray("verbs");
        for (Verb verb : report.results().verbs()) {
            verbs.addObject().put("name", verb.name()).put("runs", verb.runs())
                .put("cpuMillis", verb.cpu() / NANOS_PER_MILLI).put("ownMillis", verb.own() / NANOS_PER_MILLI)
                .putObject("wallMillis").put("p50", verb.p50() / NANOS_PER_MILLI)
                .put("max", verb.max() / NANOS_PER_MILLI);
        }
        ArrayNode sweeps = root.putArray("simulate");
        for (Swept swept : report.results().sweeps()) {
            ObjectNode one = sweeps.addObject().put("threads", swept.threads()).put("rounds", swept.rounds())
                .put("pointsPerSecond", Math.round(swept.pointsPerSecond()))
                .put("runsPerSecond", swept.runsPerSecond()).put("spread", swept.spread())
                .put("bytesPerPoint", swept.bytesPerPoint());
            swept.timesOne().ifPresent(times -> one.put("timesOneThread", times));
        }
        ArrayNode budget = root.putArray("budget");
        for (Report.Layer layer : report.layers()) {
            budget.addObject().put("layer", layer.name()).put("p50", layer.p50()).put("adds", layer.adds());
        }
        ArrayNode warmUps = root.putArray("warmUp");
        for (Warmed warmed : report.results().warmUps()) {
            warmUps.addObject().put("name", warmed.name()).put("what", warmed.what()).put("windows", warmed.windows())
                .put("millis", Math.round(warmed.nanos() / NANOS_PER_MILLI)).put("stable", warmed.isStable());
        }
        MachineInfo machine = report.machine();
        ObjectNode where = root.putObject("machine").put("processor", machine.processor())
            .put("system", machine.system()).put("jdk", machine.jdk()).put("compiler", machine.compiler())
            .put("when", machine.when()).put("othersCpus", machine.others().busy())
            .put("stolenCpus", machine.others().stolen()).put("command", report.command());
        machine.cpus().forEach(where.putArray("cpus")::add);
        report.results().failures().forEach(root.putArray("failed")::add);
        return root;
    }

    /** Writes it to a file. */
    public static void write(Report report, Path file) throws IOException {
        Files.writeString(file, of(report).toPrettyString());
    }
}
