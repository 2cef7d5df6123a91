// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.report;

import io.mkemu.bench.contender.BootField;
import io.mkemu.bench.contender.Commands;
import io.mkemu.bench.report.Report.Layer;
import io.mkemu.bench.run.Contender;
import io.mkemu.bench.run.Effort;
import io.mkemu.bench.run.Results.Boots;
import io.mkemu.bench.run.Results.Idle;
import io.mkemu.bench.run.Results.RoundTrip;
import io.mkemu.bench.run.Results.Swept;
import io.mkemu.bench.run.Results.Verb;
import io.mkemu.bench.run.Results.Warmed;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The tables of a report, for whoever sets them in text, Markdown or HTML. */
final class Tables {
    /**
     * A table; its first column is names, the others are numbers.
     *
     * @param title one line
     */
    record Table(String title, List<String> head, List<List<String>> rows) {
    }

    private static final double NANOS_PER_SECOND = 1e9;

    private Tables() {
    }

    /** All tables that have rows. */
    static List<Table> of(Report report) {
        List<Table> all = new ArrayList<>(List.of(trips(report), traces(report), top(report), pages(report),
            budget(report), crowds(report), rates(report), idle(report), boots(report), memory(report), verbs(report),
            sweeps(report), warmUps(report)));
        all.removeIf(table -> table.rows().isEmpty());
        return all;
    }

    private static Table trips(Report report) {
        return new Table("Round trips; the last columns are p50 in multiples of " + Contender.YARDSTICK
            + "'s and of the bare cache line's", tripHead("x mailbox", "x line"),
            tripRows(report, trip -> report.roundTrips(trip.bytes()).contains(trip),
                trip -> List.of(Numbers.times(report.timesYardstick(trip)), Numbers.times(report.timesLimit(trip)))));
    }

    private static Table traces(Report report) {
        return new Table("What tracing costs: queued, idle=poll, with a journal; the mode is changed while it runs. "
            + "\"lost\": records per round trip that came faster than the host drained them",
            tripHead("x off", "lost"), tripRows(report, trip -> report.timesUntraced(trip).isPresent(),
                trip -> List.of(Numbers.times(report.timesUntraced(trip)),
                    Numbers.text("%.3f", report.results().lost(trip.name()) / (double) trip.trips()))));
    }

    private static Table top(Report report) {
        return new Table("What looking costs: queued, idle=poll; without and with an mk top beside it that takes ten "
            + "samples a second", tripHead("x off"), tripRows(report,
                trip -> report.timesUnwatched(trip).isPresent(),
                trip -> List.of(Numbers.times(report.timesUnwatched(trip)))));
    }

    private static Table pages(Report report) {
        return new Table("1 MiB of pages, one way, from a kernel that has just written them to an array of another, "
            + "in turns with a copy in one process (memcpy; cold: of what is in no cache). kept: mapped once, told by "
            + "a message; sent: a sendPages and a mapping each time; whole: and copied into, from an array",
            tripHead("x memcpy"),
            tripRows(report, trip -> report.timesCopy(trip).isPresent(),
                trip -> List.of(Numbers.times(report.timesCopy(trip)))));
    }

    private static Table budget(Report report) {
        List<List<String>> rows = new ArrayList<>();
        for (Layer layer : report.layers()) {
            rows.add(List.of(layer.name(), Numbers.text("%.0f ns", layer.p50()),
                rows.isEmpty() ? "-" : Numbers.text("%+.0f ns", layer.adds())));
        }
        if (!rows.isEmpty()) {
            rows.add(List.of("unexplained", "", Numbers.text("%+.0f ns", report.unexplained())));
        }
        return new Table("Budget of a round trip of " + Effort.USUAL_BYTES + " bytes: ever more of what an IPI goes "
            + "through, from a slot in C to the whole path; medians of the rounds, and of what each adds in a round",
            List.of("up to", "p50", "adds"), rows);
    }

    private static Table crowds(Report report) {
        return new Table("Beside other instances that are loaded and do not run: queued, idle=poll; as many CPUs as "
            + "kernels, if the name does not say otherwise; the last column is p50 in multiples of " + Contender.ALONE
            + "'s", tripHead("x alone"), tripRows(report, trip -> report.timesAlone(trip).isPresent(),
                trip -> List.of(Numbers.times(report.timesAlone(trip)))));
    }

    /** The columns that all tables of round trips have, and further ones. */
    private static List<String> tripHead(String... further) {
        return Stream.concat(Stream.of("name", "bytes", "p50", "p99", "p99.9", "max", "spread"), Stream.of(further))
            .toList();
    }

    private static List<List<String>> tripRows(Report report, Predicate<RoundTrip> which,
        Function<RoundTrip, List<String>> further) {
        return report.roundTrips().stream().filter(which).map(trip -> Stream.concat(
            Stream.of(trip.name(), Integer.toString(trip.bytes()), Numbers.nanos(trip.p50()), Numbers.nanos(trip.p99()),
                Numbers.nanos(trip.p999()), Numbers.nanos(trip.max()), Numbers.percent(trip.spread())),
            further.apply(trip).stream()).toList()).toList();
    }

    private static Table boots(Report report) {
        List<String> head = new ArrayList<>(List.of("instances", "boots", "p50", "max"));
        List<List<String>> rows = new ArrayList<>();
        Stream.of(BootField.values()).filter(field -> !field.isMemory()).map(BootField::label).forEach(head::add);
        for (Boots boots : report.results().boots()) {
            List<String> row = new ArrayList<>(List.of(Integer.toString(boots.instances()),
                Integer.toString(boots.runs()), Numbers.nanos(boots.p50()), Numbers.nanos(boots.max())));
            boots.fields().forEach((field, micros) -> {
                if (!field.isMemory()) {
                    row.add(Numbers.text("%.1f ms", micros / 1000.0));
                }
            });
            rows.add(row);
        }
        return new Table("Boot of so many instances at once, exec until all are active, and the steps of one (medians)",
            head, rows);
    }

    private static Table verbs(Report report) {
        List<List<String>> rows = new ArrayList<>();
        for (Verb verb : report.results().verbs()) {
            rows.add(List.of(verb.name(), Integer.toString(verb.runs()), Numbers.nanos(verb.p50()),
                Numbers.nanos(verb.max()), Numbers.nanos(verb.cpu()), Numbers.nanos(verb.own()),
                Numbers.times(report.timesLine(verb))));
        }
        return new Table("Verbs, from the start of scripts/mk to its end, in turns with a JVM that prints a line "
            + "(medians; CPU: user and system time); own: without the boot that exec waits for",
            List.of("verb", "runs", "p50", "max", "CPU", "own", "x " + Commands.LINE), rows);
    }

    private static Table sweeps(Report report) {
        List<List<String>> rows = new ArrayList<>();
        for (Swept swept : report.results().sweeps()) {
            rows.add(List.of(Integer.toString(swept.threads()), Integer.toString(swept.rounds()),
                Numbers.rate(OptionalDouble.of(swept.pointsPerSecond())),
                Numbers.text("%.0f", swept.runsPerSecond()), Numbers.percent(swept.spread()),
                Numbers.text("%.0f", swept.bytesPerPoint()), Numbers.times(swept.timesOne())));
        }
        return new Table("Simulation of examples/election, a host and three instances, without faults: medians of "
            + "the rounds, in which the numbers of threads take turns; spread: of points/s; B/point: allocated heap",
            List.of("threads", "rounds", "points/s", "runs/s", "spread", "B/point", "x one thread"), rows);
    }

    private static Table warmUps(Report report) {
        List<List<String>> rows = new ArrayList<>();
        for (Warmed warmed : report.results().warmUps()) {
            rows.add(List.of(warmed.name(), warmed.what(), Integer.toString(warmed.windows()),
                Numbers.text("%.2f s", warmed.nanos() / NANOS_PER_SECOND), warmed.isStable() ? "yes" : "no",
                tail(warmed.first()), tail(warmed.last())));
        }
        return new Table("Warm-up, until rate and p50 of three windows were within 5 % of those before and p99.9 fell "
            + "no more, or for " + report.effort().warmMost() / 1000 + " s (stable: no); p99.9 at the beginning and at "
            + "the end", List.of("name", "of", "windows", "took", "stable", "first p99.9", "last p99.9"), rows);
    }

    private static String tail(long nanos) {
        return nanos == 0 ? "-" : Numbers.nanos(nanos);
    }

    private static Table memory(Report report) {
        List<String> head = new ArrayList<>(List.of("instances"));
        List<List<String>> rows = new ArrayList<>();
        Stream.of(BootField.values()).filter(BootField::isMemory).map(BootField::label).forEach(head::add);
        for (Boots boots : report.results().boots()) {
            List<String> row = new ArrayList<>(List.of(Integer.toString(boots.instances())));
            boots.fields().forEach((field, kib) -> {
                if (field.isMemory()) {
                    row.add(Numbers.text("%.1f MiB", kib / 1024.0));
                }
            });
            rows.add(row);
        }
        return new Table("Memory of one idle instance of so many (medians): resident = anonymous + files + RAM; pages "
            + "of files are in memory once for all instances; proportional counts a page of n processes as 1/n", head,
            rows);
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
