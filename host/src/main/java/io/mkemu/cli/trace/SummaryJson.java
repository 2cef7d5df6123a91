// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.journal.event.Latency;
import io.mkemu.journal.event.PairTraffic;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.journal.event.TraceSummary;
import io.mkemu.journal.event.TraceSummary.Gaps;
import io.mkemu.json.Json;

/** The summary of a journal as one JSON object; times in ns. */
final class SummaryJson {
    private SummaryJson() {
    }

    static ObjectNode of(TraceSummary summary, TraceNames names) {
        ObjectNode all = Json.object();
        all.put("machine", names.isKnown() ? names.machine() : null).put("records", summary.records())
            .put("nanos", summary.nanos());
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
            latency(node.putObject("send_to_interrupt"), pair.sendToInterrupt());
            latency(node.putObject("interrupt_to_callback"), pair.interruptToCallback());
            latency(node.putObject("send_to_callback"), pair.sendToCallback());
        }
        return all;
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
