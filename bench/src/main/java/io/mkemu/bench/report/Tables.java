// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.report;

import io.mkemu.bench.run.Contender;
import io.mkemu.bench.run.Results.Idle;
import io.mkemu.bench.run.Results.RoundTrip;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** The tables of a report, for whoever sets them in text, Markdown or HTML. */
final class Tables {
    /**
     * A table; its first column is names, the others are numbers.
     *
     * @param title one line
     */
    record Table(String title, List<String> head, List<List<String>> rows) {
    }

    private Tables() {
    }

    /** All tables that have rows. */
    static List<Table> of(Report report) {
        List<Table> all = new ArrayList<>(List.of(trips(report), traces(report), rates(report), idle(report)));
        all.removeIf(table -> table.rows().isEmpty());
        return all;
    }

    private static Table trips(Report report) {
        List<List<String>> rows = new ArrayList<>();
        for (RoundTrip trip : report.roundTrips()) {
            if (report.timesUntraced(trip).isEmpty()) {
                List<String> row = row(trip);
                row.add(Numbers.times(report.timesYardstick(trip)));
                row.add(Numbers.times(report.timesLimit(trip)));
                rows.add(row);
            }
        }
        return new Table("Round trips; the last columns are p50 in multiples of " + Contender.YARDSTICK
            + "'s and of the bare cache line's", List.of("name", "bytes", "p50", "p99", "p99.9", "max", "spread",
            "x mailbox", "x line"), rows);
    }

    private static List<String> row(RoundTrip trip) {
        return new ArrayList<>(List.of(trip.name(), Integer.toString(trip.bytes()), Numbers.nanos(trip.p50()),
            Numbers.nanos(trip.p99()), Numbers.nanos(trip.p999()), Numbers.nanos(trip.max()),
            Numbers.percent(trip.spread())));
    }

    private static Table traces(Report report) {
        List<List<String>> rows = new ArrayList<>();
        for (RoundTrip trip : report.roundTrips()) {
            OptionalDouble ratio = report.timesUntraced(trip);
            if (ratio.isPresent()) {
                List<String> row = row(trip);
                row.add(Numbers.times(ratio));
                row.add(Numbers.text("%.3f", report.results().lost(trip.name()) / (double) trip.trips()));
                rows.add(row);
            }
        }
        return new Table("What tracing costs: queued, idle=poll, with a journal; the mode is changed while it runs. "
            + "\"lost\": records per round trip that came faster than the host drained them",
            List.of("name", "bytes", "p50", "p99", "p99.9", "max", "spread", "x off", "lost"), rows);
    }

    private static Table rates(Report report) {
        List<String> head = new ArrayList<>(List.of("name", "bytes"));
        for (int senders : report.effort().senders()) {
            head.add(senders + (senders == 1 ? " sender" : " senders")
                + (report.machine().isOversubscribed(senders) ? "*" : ""));
        }
        List<List<String>> rows = new ArrayList<>();
        for (Report.RateRow rate : report.rateRows()) {
            List<String> row = new ArrayList<>(List.of(rate.name(), Integer.toString(rate.bytes())));
            rate.bySenders().forEach(value -> row.add(Numbers.rate(value)));
            rows.add(row);
        }
        String shared = report.oversubscription();
        return new Table("One-way messages per second, as the receiver counts them"
            + (shared == null ? "" : "; * " + shared), head, rows);
    }

    private static Table idle(Report report) {
        List<List<String>> rows = new ArrayList<>();
        for (Idle idle : report.results().idle()) {
            rows.add(List.of(idle.name(), Numbers.percent(idle.cpus())));
        }
        return new Table("An idle machine of two kernels: CPU time per second, 100 % is one CPU",
            List.of("name", "CPU"), rows);
    }
}
