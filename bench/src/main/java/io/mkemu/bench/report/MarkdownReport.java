// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

/** A run as Markdown: a file of its own, or the part of a page that lies between two marks. */
public final class MarkdownReport {
    static final String BEGIN = "<!-- bench: begin; written by scripts/bench --markdown, do not edit -->";
    static final String END = "<!-- bench: end -->";

    private MarkdownReport() {
    }

    /**
     * Refuses a file that is there and has no marks.
     *
     * @throws IOException that says what to do
     */
    public static void check(Path file) throws IOException {
        if (Files.exists(file)) {
            String page = Files.readString(file);
            if (!page.contains(BEGIN) || page.indexOf(END) < page.indexOf(BEGIN)) {
                throw new IOException(file + " has no lines \"" + BEGIN + "\" and \"" + END
                    + "\": put them where the tables belong, or name a new file");
            }
        }
    }

    /**
     * Writes it. In a file that is there only what lies between the marks is replaced.
     *
     * @throws IOException if it has none
     */
    public static void write(Report report, Path file) throws IOException {
        check(file);
        String part = BEGIN + "\n" + text(report) + END;
        if (Files.exists(file)) {
            String page = Files.readString(file);
            Files.writeString(file, page.substring(0, page.indexOf(BEGIN)) + part
                + page.substring(page.indexOf(END) + END.length()));
        } else {
            Files.writeString(file, part + "\n");
        }
    }

    static String text(Report report) {
        MachineInfo machine = report.machine();
        StringBuilder text = new StringBuilder();
        text.append("\n    ").append(report.command()).append("\n\n").append(machine.when()).append(", ")
            .append(machine.processor()).append(", CPUs ").append(machine.cpus()).append(", ")
            .append(machine.system()).append(", ").append(machine.jdk()).append(", C compiler: ")
            .append(machine.compiler()).append(".\n");
        for (Tables.Table table : Tables.of(report)) {
            text.append("\n").append(table.title().replace("*", "\\*")).append(":\n\n");
            row(text, table.head());
            row(text, Collections.nCopies(1, "---"), Collections.nCopies(table.head().size() - 1, "---:"));
            table.rows().forEach(row -> row(text, row));
        }
        text.append('\n');
        report.notes().forEach(note -> text.append("- ").append(note).append('\n'));
        return text.toString();
    }

    @SafeVarargs
    private static void row(StringBuilder text, List<String>... parts) {
        text.append('|');
        for (List<String> part : parts) {
            part.forEach(cell -> text.append(' ').append(cell.replace("*", "\\*")).append(" |"));
        }
        text.append('\n');
    }
}
