// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.Errno;
import io.mkemu.journal.JournalReader;
import io.mkemu.journal.event.Latency;
import io.mkemu.journal.event.PairTraffic;
import io.mkemu.journal.event.Refusals.Row;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.journal.event.TraceSummary;
import io.mkemu.journal.event.TraceSummary.Gaps;
import io.mkemu.json.Json;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The summary of a journal: for people, and as JSON. */
final class SummaryReport {
    private static final double MICRO = 1e3;
    private static final double GIGA = 1e9;
    private static final int LEAST_WIDTH = 6;

    private SummaryReport() {
    }

    public static void print(TraceSummary summary, TraceNames names, JournalReader journal, PrintStream out) {
        PairTraffic all = summary.total();
        out.printf(Locale.ROOT, "%s: %,d records in %.3f s%n", names.isKnown() ? "machine " + names.machine()
            : "machine unknown", summary.records(), summary.nanos() / GIGA);
        out.printf(Locale.ROOT, "%,d messages sent, %,d delivered, %,d bytes; %,d undelivered, %,d unsent; "
            + "%,d refused with a full lane, %,d otherwise%n", all.sent(), all.delivered(), all.bytes(),
            all.undelivered(), all.unsent(), all.full(), all.refused());
        gaps(summary, names, journal, out);
        for (int silent : summary.silent()) {
            out.printf(Locale.ROOT, "%s (instance %d) is external, and no record of its own is in the journal: its "
                + "kernel does not trace, or did not run; only the other ends of its messages are known%n",
                names.name(silent), silent);
        }
        if (summary.pairs().isEmpty()) {
            return;
        }
        int width = Math.max(LEAST_WIDTH, names.all().values().stream().mapToInt(String::length).max().orElse(0));
        String row = "%-" + width + "s  %-" + width + "s %11s %11s %13s %7s %7s  %24s  %24s  %24s%n";
        out.printf(Locale.ROOT, "%n" + row, "", "", "", "", "", "", "", "send -> interrupt", "interrupt -> callback",
            "send -> callback");
        out.printf(Locale.ROOT, row, "from", "to", "sent", "delivered", "bytes", "undeliv", "unsent",
            "p50/p99/max us", "p50/p99/max us", "p50/p99/max us");
        for (PairTraffic pair : summary.pairs()) {
            out.printf(Locale.ROOT, row, names.name(pair.from()), names.name(pair.to()),
                known(pair.knowsSends(), pair.sent()), known(pair.knowsDeliveries(), pair.delivered()),
                known(pair.knowsSends(), pair.bytes()),
                known(pair.knowsDeliveries() && pair.knowsSends(), pair.undelivered()),
                known(pair.knowsDeliveries() && pair.knowsSends(), pair.unsent()),
                times(pair.sendToInterrupt()), times(pair.interruptToCallback()), times(pair.sendToCallback()));
        }
        refusals(summary, names, width, out);
    }

    private static String known(boolean known, long value) {
        return known ? count(value) : "?";
    }

    private static void refusals(TraceSummary summary, TraceNames names, int width, PrintStream out) {
        String row = "%-" + width + "s  %-" + width + "s %11s  %-8s  %s%n";
        List<Map.Entry<Row, Long>> rows = summary.refusals().rows();
        if (!rows.isEmpty()) {
            out.printf(Locale.ROOT, "%n" + row, "from", "to", "refused", "error", "type");
        }
        for (Map.Entry<Row, Long> each : rows) {
            Row of = each.getKey();
            out.printf(Locale.ROOT, row, names.name(of.from()), names.name(of.to()), count(each.getValue()),
                Errno.name(of.errno()), of.type() < 0 ? "others" : "0x" + Long.toHexString(of.type())
                + (of.name() == null ? "" : "(" + of.name() + ")"));
        }
    }

    private static void gaps(TraceSummary summary, TraceNames names, JournalReader journal, PrintStream out) {
        if (journal.isDamaged() || journal.deletedFiles() > 0) {
            out.printf(Locale.ROOT, "not all of the recording could be read. Files missing: %,d; documents missing: "
                + "%,d, damaged: %,d; files deleted to keep the journal small: %,d. What was told there makes messages "
                + "undelivered and unsent%n", journal.lostFiles(), journal.lostDocuments(),
                journal.damagedDocuments(), journal.deletedFiles());
        } else if (summary.gaps().isEmpty()) {
            out.println(journal.isComplete() ? "no gaps: every record is in the journal"
                : "no gaps told; the recording has not been ended, so more may be missing than it tells of yet");
        }
        for (Map.Entry<Integer, Gaps> of : summary.gaps().entrySet()) {
            Gaps gaps = of.getValue();
            out.printf(Locale.ROOT, "gaps of %s: %,d gap records: %,d sends, %,d deliveries, %,d other records are "
                + "missing%s%n", of.getKey() < 0 ? "the host" : "CPU " + of.getKey() + " ("
                + names.name(names.ownerOf(of.getKey())) + ")", gaps.records(), gaps.sends(), gaps.deliveries(),
                gaps.others(), gaps.damaged() == 0 ? "" : ", " + gaps.damaged() + " bytes are damaged");
        }
    }

    private static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String times(Latency latency) {
        return latency.count() == 0 ? "-" : String.format(Locale.ROOT, "%.1f/%.1f/%.1f",
            latency.percentile(50) / MICRO, latency.percentile(99) / MICRO, latency.max() / MICRO);
    }

    /** One object; times in ns. */
    public static ObjectNode json(TraceSummary summary, TraceNames names, JournalReader journal) {
        ObjectNode all = Json.object().put("machine", names.isKnown() ? names.machine() : null)
            .put("records", summary.records()).put("nanos", summary.nanos());
        all.put("ended", journal.isEnded()).put("whole", journal.isComplete() && summary.gaps().isEmpty());
        all.putObject("missing").put("files", journal.lostFiles()).put("documents", journal.lostDocuments())
            .put("damaged_documents", journal.damagedDocuments()).put("deleted_files", journal.deletedFiles());
        counts(all, summary.total());
        gaps(all.putObject("gaps"), summary.allGaps());
        ArrayNode cpus = all.putArray("gaps_by_cpu");
        summary.gaps().forEach((cpu, gaps) ->
            gaps(cpus.addObject().put("cpu", cpu < 0 ? null : cpu), gaps));
        ArrayNode pairs = all.putArray("pairs");
        for (PairTraffic pair : summary.pairs()) {
            ObjectNode node = pairs.addObject().put("from", id(pair.from())).put("from_name", names.name(pair.from()))
                .put("to", id(pair.to())).put("to_name", names.name(pair.to()));
            counts(node, pair);
            node.put("sends_known", pair.knowsSends()).put("deliveries_known", pair.knowsDeliveries());
            latency(node.putObject("send_to_interrupt"), pair.sendToInterrupt());
            latency(node.putObject("interrupt_to_callback"), pair.interruptToCallback());
            latency(node.putObject("send_to_callback"), pair.sendToCallback());
        }
        ArrayNode refusals = all.putArray("refusals");
        summary.refusals().rows().forEach(each -> refusal(refusals.addObject(), names, each.getKey(),
            each.getValue()));
        summary.silent().forEach(all.putArray("untraced")::add);
        return all;
    }

    private static void refusal(ObjectNode node, TraceNames names, Row of, long count) {
        node.put("from", of.from()).put("from_name", names.name(of.from())).put("to", of.to())
            .put("to_name", names.name(of.to())).put("type", of.type() < 0 ? null : of.type())
            .put("typeName", of.name()).put("error", Errno.name(of.errno())).put("count", count);
    }

    private static Integer id(int instance) {
        return instance < 0 ? null : instance;
    }

    private static void counts(ObjectNode node, PairTraffic pair) {
        node.put("sent", pair.sent()).put("delivered", pair.delivered()).put("bytes", pair.bytes())
            .put("undelivered", pair.undelivered()).put("unsent", pair.unsent()).put("full", pair.full())
            .put("refused", pair.refused());
    }

    private static void gaps(ObjectNode node, Gaps gaps) {
        node.put("records", gaps.records()).put("sends", gaps.sends()).put("deliveries", gaps.deliveries())
            .put("others", gaps.others()).put("damaged_bytes", gaps.damaged());
    }

    private static void latency(ObjectNode node, Latency latency) {
        node.put("count", latency.count()).put("p50", latency.percentile(50)).put("p99", latency.percentile(99))
            .put("max", latency.max());
    }
}
