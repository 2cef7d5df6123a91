// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * A table of which a narrow terminal shows the most important columns, and whose rows are sorted by one of them.
 * Immutable; any thread.
 *
 * @param columns in the order in which they stand
 */
record Table<R>(List<Column<R>> columns) {
    /**
     * A column.
     *
     * @param title      above it
     * @param width      columns of the terminal; 0: all that is left, of the last one
     * @param right      whether it stands on the right side
     * @param importance 1 is shown first
     * @param text       of a row's cell
     * @param order      the one that a user wants to see: names from A, rates from the largest
     */
    record Column<R>(String title, int width, boolean right, int importance, Function<R, String> text,
                     Comparator<R> order) {
        static <R> Column<R> word(String title, int width, int importance, Function<R, String> text) {
            return new Column<>(title, width, false, importance, text,
                Comparator.comparing(row -> text.apply(row).toLowerCase(Locale.ROOT)));
        }

        static <R> Column<R> number(String title, int width, int importance, ToDoubleFunction<R> value,
            Function<R, String> text) {
            return new Column<>(title, width, true, importance, text, Comparator.comparingDouble(value).reversed());
        }

        static <R> Column<R> rate(String title, int importance, ToDoubleFunction<R> value) {
            return number(title, Math.max(6, title.length()), importance, value,
                row -> Units.rate(value.applyAsDouble(row)));
        }

        static <R> Column<R> percent(String title, int importance, ToDoubleFunction<R> share) {
            return number(title, Math.max(3, title.length()), importance, share,
                row -> Units.percent(share.applyAsDouble(row)));
        }

        static <R> Column<R> id(String title, int width, int importance, ToDoubleFunction<R> id) {
            return new Column<>(title, width, true, importance, row -> Long.toString((long) id.applyAsDouble(row)),
                Comparator.comparingDouble(id));
        }
    }

    private static final int LEAST_OPEN_WIDTH = 6;
    private static final char MARK = '*';

    /** The columns that fit into so many of the terminal; the most important one always does. */
    List<Column<R>> fitting(int width) {
        List<Column<R>> chosen = new ArrayList<>();
        int left = width;
        for (Column<R> column : columns.stream().sorted(Comparator.comparingInt(Column::importance)).toList()) {
            int needed = (column.width() == 0 ? LEAST_OPEN_WIDTH : column.width()) + (chosen.isEmpty() ? 0 : 1);
            if (chosen.isEmpty() || needed <= left) {
                chosen.add(column);
                left -= needed;
            }
        }
        return columns.stream().filter(chosen::contains).toList();
    }

    /** The column of a title, or the first. */
    Column<R> column(String title) {
        return columns.stream().filter(column -> column.title().equals(title)).findFirst()
            .orElse(columns.getFirst());
    }

    /** The title of the column so many further, round about. */
    String next(String title, int steps) {
        return columns.get(Math.floorMod(columns.indexOf(column(title)) + steps, columns.size())).title();
    }

    /** The rows in a column's order; equal ones as they were. */
    List<R> sorted(List<R> rows, String title, boolean reverse) {
        Comparator<R> order = column(title).order();
        return rows.stream().sorted(reverse ? order.reversed() : order).toList();
    }

    /** The titles, the sorted one marked. */
    String titles(int width, String sortedBy) {
        String sorted = column(sortedBy).title();
        return line(width, column -> column.title().equals(sorted) && column.title().length() < width(column, width)
            ? column.right() ? MARK + column.title() : column.title() + MARK : column.title());
    }

    /** A row. */
    String row(int width, R row) {
        return line(width, column -> column.text().apply(row));
    }

    private int width(Column<R> column, int width) {
        return column.width() == 0 ? width : column.width();
    }

    private String line(int width, Function<Column<R>, String> cell) {
        StringBuilder line = new StringBuilder();
        for (Column<R> column : fitting(width)) {
            line.append(line.isEmpty() ? "" : " ").append(column.width() == 0 ? Plain.text(cell.apply(column))
                : Plain.fit(cell.apply(column), column.width(), column.right()));
        }
        return line.toString();
    }
}
