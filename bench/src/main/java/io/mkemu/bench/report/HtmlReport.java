// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.report;

import io.mkemu.bench.run.Effort;
import io.mkemu.bench.run.Results.RoundTrip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** A run as one HTML file that needs nothing else: charts are inline SVG. */
public final class HtmlReport {
    private static final String OURS = "mkemu";
    private static final String HEAD = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>mkemu: what an IPI costs</title>
        <style>
        :root { color-scheme: light dark; }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
        svg { width: 100%; height: auto; margin: 1rem 0; }
        svg text { font-size: 12px; fill: currentColor; }
        svg .title { font-size: 14px; font-weight: 600; }
        svg .ours { font-weight: 700; }
        svg .grid { stroke: currentColor; stroke-opacity: .2; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
        th, td { padding: .15rem .6rem; text-align: right; white-space: nowrap; }
        th:first-child, td:first-child { text-align: left; }
        tr:nth-child(even) td { background: color-mix(in srgb, currentColor 6%, transparent); }
        .warning { color: #d62728; font-weight: 600; }
        pre { overflow-x: auto; padding: .5rem; background: color-mix(in srgb, currentColor 6%, transparent); }
        </style>
        </head>
        <body>
        """;

    private HtmlReport() {
    }

    /** Writes the page. */
    public static void write(Report report, Path file) throws IOException {
        Files.writeString(file, page(report));
    }

    static String page(Report report) {
        StringBuilder page = new StringBuilder(HEAD);
        MachineInfo machine = report.machine();
        page.append("<h1>mkemu: what an IPI costs</h1>\n<p>");
        paragraph(page, machine.processor() + ", CPUs " + machine.cpus());
        paragraph(page, machine.system());
        paragraph(page, machine.jdk());
        paragraph(page, "C compiler: " + machine.compiler());
        paragraph(page, machine.when()
            + Numbers.text(", CPUs that others kept busy before the run: %.2f", machine.others().busy()));
        page.append("</p>\n");
        report.notes().forEach(note -> page.append("<p class=\"warning\">").append(Html.escape(note))
            .append("</p>\n"));
        for (int bytes : Effort.BYTES) {
            latency(page, report, bytes);
        }
        throughput(page, report);
        for (Tables.Table table : Tables.of(report)) {
            table(page, table);
        }
        page.append("<h2>Commands</h2>\n<pre>").append(Html.escape(report.command())).append('\n');
        report.commands().forEach(command -> page.append(Html.escape(command)).append('\n'));
        page.append("</pre>\n");
        return page.append("</body>\n</html>\n").toString();
    }

    private static void paragraph(StringBuilder page, String line) {
        page.append(Html.escape(line)).append("<br>\n");
    }

    private static void latency(StringBuilder page, Report report, int bytes) {
        List<Chart.Row> rows = new ArrayList<>();
        for (RoundTrip trip : report.roundTrips(bytes)) {
            List<Long> values = List.of(trip.p50(), trip.p99(), trip.p999(), trip.max());
            rows.add(new Chart.Row(trip.name(), values.stream().map(Long::doubleValue).toList(),
                values.stream().map(Numbers::nanos).toList(), trip.name().startsWith(OURS)));
        }
        if (!rows.isEmpty()) {
            page.append(new Chart("Round trip, " + bytes + " bytes (p50 at the right)",
                List.of("p50", "p99", "p99.9", "max"), rows, false, 10,
                List.of("10 ns", "100 ns", "1 us", "10 us", "100 us", "1 ms", "10 ms", "100 ms")).svg());
        }
    }

    private static void throughput(StringBuilder page, Report report) {
        List<String> series = report.effort().senders().stream()
            .map(senders -> senders + (senders == 1 ? " sender" : " senders")).toList();
        for (int bytes : Effort.BYTES) {
            List<Chart.Row> rows = new ArrayList<>();
            for (Report.RateRow row : report.rateRows()) {
                if (row.bytes() == bytes) {
                    rows.add(new Chart.Row(row.name(),
                        row.bySenders().stream().map(rate -> rate.orElse(0)).toList(),
                        row.bySenders().stream().map(HtmlReport::perSecond).toList(), row.name().startsWith(OURS)));
                }
            }
            if (!rows.isEmpty()) {
                page.append(new Chart("One-way messages per second, " + bytes + " bytes (one sender's at the right)",
                    series, rows, true, 1e3, List.of("1 k/s", "10 k/s", "100 k/s", "1 M/s", "10 M/s", "100 M/s"))
                    .svg());
            }
        }
    }

    private static String perSecond(OptionalDouble rate) {
        return rate.isEmpty() ? "-" : Numbers.rate(rate) + "/s";
    }

    private static void table(StringBuilder page, Tables.Table table) {
        page.append("<h2>").append(Html.escape(table.title())).append("</h2>\n<table>\n");
        row(page, "th", table.head());
        table.rows().forEach(row -> row(page, "td", row));
        page.append("</table>\n");
    }

    private static void row(StringBuilder page, String tag, List<String> cells) {
        page.append("<tr>");
        cells.forEach(cell -> page.append('<').append(tag).append('>').append(Html.escape(cell)).append("</")
            .append(tag).append('>'));
        page.append("</tr>\n");
    }
}
