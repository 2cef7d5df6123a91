// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.host.decode.PayloadDecoders;
import io.mkemu.host.replay.ReplaySession.Report;
import io.mkemu.host.view.LogText;
import io.mkemu.json.Json;
import io.mkemu.replay.ReplayResult;
import io.mkemu.replay.ReplayResult.Message;
import io.mkemu.replay.ReplayResult.Verdict;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Prints what came of a replay. */
final class ReplayReport {
    private ReplayReport() {
    }

    /** What the messages say where the replay ended, each null if nobody has said it. */
    private record Decoded(String handled, String then, String now) {
    }

    /**
     * Prints.
     *
     * @param notes what the user was told, for JSON
     * @param note  tells the user more
     */
    static void print(Report report, List<String> notes, boolean json, PrintStream out, Consumer<String> note) {
        Decoded decoded;
        try (PayloadDecoders decoders = new PayloadDecoders(note)) {
            ReplayResult result = report.result();
            decoded = new Decoded(decode(decoders, report, result.handled()),
                decode(decoders, report, result.sentThen()), decode(decoders, report, result.sentNow()));
        }
        if (json) {
            out.println(json(report, notes, decoded));
        } else {
            text(report, decoded, out);
        }
    }

    private static String decode(PayloadDecoders decoders, Report report, Message message) {
        return message == null ? null : decoders.text(report.modules(), List.of(), message.type(), message.payload());
    }

    private static String line(String text, String decoded) {
        return LogText.printable(text) + (decoded == null ? "" : " " + PayloadDecoders.quoted(decoded));
    }

    private static void text(Report report, Decoded decoded, PrintStream out) {
        ReplayResult result = report.result();
        out.printf(Locale.ROOT, "replay of %s (instance %d), life %d: %,d of %,d steps, %,d of them callbacks;"
            + " %,d sends and %,d answers as then%n", report.name(), report.instance(), report.life(), result.steps(),
            report.steps(), result.callbacks(), result.sends(), result.answers());
        if (result.isInStep()) {
            out.printf(Locale.ROOT, "%nstep %,d, CPU %d: %s%n", result.number(), report.cpus().get(result.cpu()),
                LogText.of(result.time() - report.createdNanos(), "")
                + line(result.step(), decoded.handled()));
            if (result.verdict() == Verdict.STOPPED) {
                out.println("  cannot go on: " + LogText.printable(result.now()));
            } else {
                out.println("  then  " + line(result.then(), decoded.then()));
                out.println("  now   " + line(result.now(), decoded.now()));
            }
            out.println();
        }
        out.println(result.verdict());
    }

    private static ObjectNode json(Report report, List<String> notes, Decoded decoded) {
        ReplayResult result = report.result();
        ObjectNode all = Json.object();
        all.put("verdict", result.verdict().name().toLowerCase(Locale.ROOT)).put("instance", report.name())
            .put("id", report.instance()).put("life", report.life()).put("steps", result.steps())
            .put("recordedSteps", report.steps()).put("callbacks", result.callbacks()).put("sends", result.sends())
            .put("answers", result.answers());
        notes.forEach(all.putArray("notes")::add);
        if (result.isInStep()) {
            ObjectNode step = all.putObject("step").put("number", result.number())
                .put("cpu", report.cpus().get(result.cpu())).put("time", result.time() - report.createdNanos())
                .put("what", result.step());
            putIf(step, "decoded", decoded.handled());
            if (result.verdict() == Verdict.STOPPED) {
                all.put("why", result.now());
            } else {
                all.put("then", result.then()).put("now", result.now());
                putIf(all, "thenDecoded", decoded.then());
                putIf(all, "nowDecoded", decoded.now());
            }
        }
        return all;
    }

    private static void putIf(ObjectNode node, String key, String value) {
        if (value != null) {
            node.put(key, value);
        }
    }
}
