// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.report;

import java.io.PrintStream;
import java.util.List;

/** Prints a run for people. */
public final class TextReport {
    private TextReport() {
    }

    /** Prints machine and tables. */
    public static void print(Report report, PrintStream out) {
        MachineInfo machine = report.machine();
        out.println(machine.processor() + ", CPUs " + machine.cpus() + "; " + machine.system());
        out.println(machine.jdk() + "; C compiler: " + machine.compiler() + "; clock step "
            + report.results().clockStep() + " ns");
        for (Tables.Table table : Tables.of(report)) {
            out.println();
            out.println(table.title());
            print(table, out);
        }
        report.notes().forEach(note -> out.println("note: " + note));
    }

    private static void print(Tables.Table table, PrintStream out) {
        int columns = table.head().size();
        int[] widths = new int[columns];
        for (int column = 0; column < columns; column++) {
            int at = column;
            widths[column] = Math.max(table.head().get(at).length(),
                table.rows().stream().mapToInt(row -> row.get(at).length()).max().orElse(0));
        }
        line(table.head(), widths, out);
        table.rows().forEach(row -> line(row, widths, out));
    }

    private static void line(List<String> cells, int[] widths, PrintStream out) {
        StringBuilder text = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            text.append(Numbers.text(column == 0 ? "%-" + widths[column] + "s" : "  %" + widths[column] + "s",
                cells.get(column)));
        }
        out.println(text.toString().stripTrailing());
    }
}
