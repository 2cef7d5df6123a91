// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.builtin.DemoResult;
import io.mkemu.host.RunReport;
import io.mkemu.host.RunReport.KernelReport;
import io.mkemu.json.Json;
import java.io.PrintStream;
import org.HdrHistogram.Histogram;

/** Prints what the demo found as one JSON object. */
final class DemoJson {
    private DemoJson() {
    }

    static void print(RunReport report, DemoResult result, boolean ok, PrintStream out) {
        ObjectNode root = Json.object();
        root.put("ok", ok);
        for (KernelReport kernel : report.kernels()) {
            describe(kernel.id() == 0 ? root.putObject("host") : root.withArray("instances").addObject(), kernel);
        }
        if (result != null) {
            describe(root, result);
        }
        out.println(root);
    }

    private static void describe(ObjectNode node, KernelReport kernel) {
        node.put("id", kernel.id()).put("name", kernel.name()).put("pid", kernel.pid());
        kernel.cpus().forEach(node.putArray("cpus")::add);
        kernel.hostCpus().forEach(node.putArray("hostCpus")::add);
        node.put("state", kernel.state().toString());
        if (kernel.id() != 0) {
            node.put("bootMillis", Math.round(kernel.bootMillis()));
        }
        if (!kernel.reason().isEmpty()) {
            node.put("reason", kernel.reason());
        }
    }

    private static void describe(ObjectNode root, DemoResult result) {
        root.putObject("ipi").put("sent", result.sent()).put("delivered", result.delivered())
            .put("lost", result.lost()).put("torn", result.torn()).put("repeated", result.repeated())
            .put("reordered", result.reordered());
        root.putObject("pfn").put("shared", result.pagesShared()).put("verified", result.pagesVerified());
        Histogram roundTrips = RoundTrips.of(result);
        root.putObject("roundTripNanos").put("p50", roundTrips.getValueAtPercentile(50))
            .put("p99", roundTrips.getValueAtPercentile(99)).put("max", roundTrips.getMaxValue());
        result.failures().forEach(root.withArray("failures")::add);
    }
}
