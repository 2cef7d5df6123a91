// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.host.hazards.HazardResult;
import io.mkemu.host.hazards.Outcome;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints the hazards for people. */
final class HazardsText {
    private static final String ROW = "%2s  %-30s  %-11s %5s %8s %5s %5s %9s  %s%n";
    private static final String REST = "    %s%n";

    private HazardsText() {
    }

    static void print(List<HazardResult> results, PrintStream out) {
        out.printf(Locale.ROOT, ROW, "", "hazard", "mailbox", "sent", "arrived", "lost", "torn", "repeated", "shown");
        for (HazardResult result : results) {
            row(out, Integer.toString(result.number()), result.title(), "single-slot", result.singleSlot());
            row(out, "", "", "queued", result.queued());
            out.printf(Locale.ROOT, REST, result.function() + "(): " + result.explanation());
        }
        long shown = results.stream().filter(result -> result.singleSlot().shown()).count();
        long queued = results.stream().filter(result -> result.queued().shown()).count();
        out.printf(Locale.ROOT, "%n%d hazards: %d show in single-slot, %d in queued%n", results.size(), shown, queued);
    }

    private static void row(PrintStream out, String number, String title, String mailbox, Outcome outcome) {
        if (outcome.error() != null) {
            out.printf(Locale.ROOT, ROW, number, title, mailbox, "-", "-", "-", "-", "-", "?    " + outcome.error());
            return;
        }
        String end = outcome.shown() ? "yes" : "no";
        out.printf(Locale.ROOT, ROW, number, title, mailbox, outcome.sent(), outcome.arrived(), outcome.lost(),
            outcome.torn(), outcome.repeated(),
            outcome.note().isEmpty() ? end : String.format(Locale.ROOT, "%-4s %s", end, outcome.note()));
    }

    /** Says in one line that hazards could not be provoked, and why the first could not. */
    static void printErrors(List<HazardResult> results, PrintStream err) {
        List<String> errors = new ArrayList<>();
        for (HazardResult result : results) {
            error(errors, result, "single-slot", result.singleSlot());
            error(errors, result, "queued", result.queued());
        }
        if (!errors.isEmpty()) {
            err.println("mk: nothing can be said of " + errors.size() + " of " + 2 * results.size()
                + " cases, the first is " + errors.getFirst());
        }
    }

    private static void error(List<String> errors, HazardResult result, String mailbox, Outcome outcome) {
        if (outcome.error() != null) {
            errors.add("hazard " + result.number() + " (" + result.title() + "), " + mailbox + ": "
                + outcome.error());
        }
    }
}
