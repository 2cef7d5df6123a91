// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.host.replay.ReplaySession.Report;
import io.mkemu.host.view.LogText;
import io.mkemu.json.Json;
import io.mkemu.replay.ReplayResult;
import io.mkemu.replay.ReplayResult.Verdict;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** Prints what came of a replay. */
final class ReplayReport {
    private ReplayReport() {
    }

    static void print(Report report, List<String> notes, boolean json, PrintStream out) {
        if (json) {
            out.println(json(report, notes));
        } else {
            text(report, out);
        }
    }

    private static void text(Report report, PrintStream out) {
        ReplayResult result = report.result();
        out.printf(Locale.ROOT, "replay of %s (instance %d), life %d: %,d of %,d steps, %,d of them callbacks;"
            + " %,d sends and %,d answers as then%n", report.name(), report.instance(), report.life(), result.steps(),
            report.steps(), result.callbacks(), result.sends(), result.answers());
        if (result.isInStep()) {
            out.printf(Locale.ROOT, "%nstep %,d, CPU %d: %s%n", result.number(), report.cpus().get(result.cpu()),
                LogText.of(result.time() - report.createdNanos(), result.step()));
            if (result.verdict() == Verdict.STOPPED) {
                out.println("  cannot go on: " + LogText.printable(result.now()));
            } else {
                out.println("  then  " + LogText.printable(result.then()));
                out.println("  now   " + LogText.printable(result.now()));
            }
            out.println();
        }
        out.println(result.verdict());
    }

    private static ObjectNode json(Report report, List<String> notes) {
        ReplayResult result = report.result();
        ObjectNode all = Json.object();
        all.put("verdict", result.verdict().name().toLowerCase(Locale.ROOT)).put("instance", report.name())
            .put("id", report.instance()).put("life", report.life()).put("steps", result.steps())
            .put("recordedSteps", report.steps()).put("callbacks", result.callbacks()).put("sends", result.sends())
            .put("answers", result.answers());
        notes.forEach(all.putArray("notes")::add);
        if (result.isInStep()) {
            all.putObject("step").put("number", result.number()).put("cpu", report.cpus().get(result.cpu()))
                .put("time", result.time() - report.createdNanos()).put("what", result.step());
            if (result.verdict() == Verdict.STOPPED) {
                all.put("why", result.now());
            } else {
                all.put("then", result.then()).put("now", result.now());
            }
        }
        return all;
    }
}
