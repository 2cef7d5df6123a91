// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** What was seen of the hazards, as a table for people and as one JSON array. One thread. */
final class HazardsReport {
    private static final String SINGLE_SLOT = "single-slot";
    private static final String QUEUED = "queued";
    private static final List<Column> COLUMNS = List.of(new Column("sent", 5, Tally::sent),
        new Column("arrived", 8, Tally::arrived), new Column("lost", 5, Tally::lost),
        new Column("torn", 5, Tally::torn), new Column("repeated", 9, Tally::repeated));

    private final List<Outcome.Pair> results;

    /** What is counted of each hazard: its name, the column's width, and its value. */
    private record Column(String name, int width, ToLongFunction<Tally> value) {
    }

    HazardsReport(List<Outcome.Pair> results) {
        this.results = results;
    }

    /** Prints a table. */
    void printText(PrintStream out) {
        row(out, "", "hazard", "mailbox", null, "shown");
        for (Outcome.Pair result : results) {
            Hazard hazard = result.hazard();
            row(out, Integer.toString(hazard.number()), hazard.title(), SINGLE_SLOT, result.singleSlot());
            row(out, "", "", QUEUED, result.queued());
            out.printf(Locale.ROOT, "    %s(): %s%n", hazard.function(), hazard.explanation());
        }
        long shown = results.stream().filter(result -> result.singleSlot().shown()).count();
        long queued = results.stream().filter(result -> result.queued().shown()).count();
        out.printf(Locale.ROOT, "%n%d hazards: %d show in single-slot, %d in queued%n", results.size(), shown, queued);
    }

    private static void row(PrintStream out, String number, String title, String mailbox, Outcome outcome) {
        String end = outcome.error() != null ? "?    " + outcome.error()
            : String.format(Locale.ROOT, outcome.note().isEmpty() ? "%s" : "%-4s %s", outcome.shown() ? "yes" : "no",
                outcome.note());
        row(out, number, title, mailbox, outcome, end);
    }

    /** A row of what was counted, or of the columns' names if there is no outcome. */
    private static void row(PrintStream out, String number, String title, String mailbox, Outcome outcome, String end) {
        StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "%2s  %-30s  %-11s", number, title, mailbox));
        for (Column column : COLUMNS) {
            String cell = outcome == null ? column.name()
                : outcome.error() != null ? "-" : Long.toString(column.value().applyAsLong(outcome.tally()));
            row.append(' ').append(" ".repeat(Math.max(0, column.width() - cell.length()))).append(cell);
        }
        out.println(row.append("  ").append(end));
    }

    /** Prints one line of JSON. */
    void printJson(PrintStream out) {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        for (Outcome.Pair result : results) {
            ObjectNode node = all.addObject().put("hazard", result.hazard().title())
                .put("function", result.hazard().function());
            describe(node.putObject("singleSlot"), result.singleSlot());
            describe(node.putObject("queued"), result.queued());
        }
        out.println(all);
    }

    private static void describe(ObjectNode node, Outcome outcome) {
        COLUMNS.forEach(column -> node.put(column.name(), column.value().applyAsLong(outcome.tally())));
        node.put("shown", outcome.shown());
    }

    /** Says in one line that hazards could not be provoked, and why the first could not. */
    void printErrors(PrintStream err) {
        List<String> errors = new ArrayList<>();
        for (Outcome.Pair result : results) {
            error(errors, result, SINGLE_SLOT, result.singleSlot());
            error(errors, result, QUEUED, result.queued());
        }
        if (!errors.isEmpty()) {
            err.println("mk: nothing can be said of " + errors.size() + " of " + 2 * results.size()
                + " cases, the first is " + errors.getFirst());
        }
    }

    private static void error(List<String> errors, Outcome.Pair result, String mailbox, Outcome outcome) {
        if (outcome.error() != null) {
            errors.add("hazard " + result.hazard().number() + " (" + result.hazard().title() + "), " + mailbox + ": "
                + outcome.error());
        }
    }
}
