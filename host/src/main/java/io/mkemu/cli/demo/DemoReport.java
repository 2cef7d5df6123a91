// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.demo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.builtin.DemoResult;
import io.mkemu.host.InstanceStatus;
import io.mkemu.host.RunReport;
import io.mkemu.host.RunReport.KernelReport;
import io.mkemu.json.Json;
import java.io.PrintStream;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** What the demo found: for people, and as JSON. */
final class DemoReport {
    private static final double NANOS_PER_MICRO = 1e3;
    private static final int SIGNIFICANT_DIGITS = 3;

    private DemoReport() {
    }

    static void print(DemoResult result, boolean ok, PrintStream out) {
        if (result == null) {
            out.println("\nNOT VERIFIED: the demo did not get to its end");
            return;
        }
        Histogram roundTrips = roundTrips(result);
        out.printf(Locale.ROOT, "%nmessages     %,d sent, %,d delivered, %,d lost, %,d torn, %,d repeated, "
                + "%,d reordered%n", result.sent(), result.delivered(), result.lost(), result.torn(),
            result.repeated(), result.reordered());
        out.printf(Locale.ROOT, "pages        %,d shared, %,d verified%n", result.pagesShared(),
            result.pagesVerified());
        out.printf(Locale.ROOT, "round trip   p50 %.1f us, p99 %.1f us, max %.1f us (%,d of 64 bytes, one pair at a "
                + "time)%n", roundTrips.getValueAtPercentile(50) / NANOS_PER_MICRO,
            roundTrips.getValueAtPercentile(99) / NANOS_PER_MICRO, roundTrips.getMaxValue() / NANOS_PER_MICRO,
            roundTrips.getTotalCount());
        result.failures().forEach(failure -> out.println("failure      " + failure));
        out.println(ok ? "VERIFIED" : "NOT VERIFIED");
    }

    /** One object; times in ns. */
    static ObjectNode json(RunReport report, DemoResult result, boolean ok) {
        ObjectNode root = Json.object().put("ok", ok);
        for (KernelReport kernel : report.kernels()) {
            describe(kernel.status().id() == 0 ? root.putObject("host")
                : root.withArray("instances").addObject(), kernel);
        }
        if (result != null) {
            describe(root, result);
        }
        return root;
    }

    private static void describe(ObjectNode node, KernelReport kernel) {
        InstanceStatus status = kernel.status();
        node.put("id", status.id()).put("name", status.name()).put("pid", status.pid());
        kernel.cpus().forEach(node.putArray("cpus")::add);
        status.hostCpus().forEach(node.putArray("hostCpus")::add);
        node.put("state", status.state().toString());
        if (status.id() != 0) {
            node.put("bootMillis", Math.round(kernel.bootMillis()));
        }
        if (!status.reason().isEmpty()) {
            node.put("reason", status.reason());
        }
    }

    private static void describe(ObjectNode root, DemoResult result) {
        root.putObject("ipi").put("sent", result.sent()).put("delivered", result.delivered())
            .put("lost", result.lost()).put("torn", result.torn()).put("repeated", result.repeated())
            .put("reordered", result.reordered());
        root.putObject("pfn").put("shared", result.pagesShared()).put("verified", result.pagesVerified());
        Histogram roundTrips = roundTrips(result);
        root.putObject("roundTripNanos").put("p50", roundTrips.getValueAtPercentile(50))
            .put("p99", roundTrips.getValueAtPercentile(99)).put("max", roundTrips.getMaxValue());
        result.failures().forEach(root.withArray("failures")::add);
    }

    private static Histogram roundTrips(DemoResult result) {
        Histogram histogram = new Histogram(SIGNIFICANT_DIGITS);
        for (long nanos : result.roundTripNanos()) {
            histogram.recordValue(Math.max(0, nanos));
        }
        return histogram;
    }
}
