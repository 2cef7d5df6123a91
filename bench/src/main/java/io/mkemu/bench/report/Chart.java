// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.report;

import java.util.List;

/** A chart as inline SVG: a row for each name, with marks or bars on a logarithmic axis. */
final class Chart {
    /**
     * A row.
     *
     * @param values one for each series, in its order; not above 0: nothing is drawn
     * @param labels what is told of each value
     * @param ours   whether it is one of mkemu's
     */
    record Row(String name, List<Double> values, List<String> labels, boolean ours) {
    }

    private static final int WIDTH = 860;
    private static final int LEFT = 190;
    private static final int RIGHT = 80;
    private static final int TOP = 46;
    private static final int STEP = 26;
    private static final int BOTTOM = 30;
    private static final int RADIUS = 5;
    private static final int BAR = 5;
    private static final String[] COLOURS = {"#1f77b4", "#ff7f0e", "#d62728", "#9467bd"};

    private final String title;
    private final List<String> series;
    private final List<Row> rows;
    private final boolean bars;
    private final List<String> axis;
    private final double least;
    private final double most;

    /**
     * A chart.
     *
     * @param bars bars instead of marks
     * @param axis what stands at 1, 10, 100, 1000 and so on, from the power of ten of {@code least}
     */
    Chart(String title, List<String> series, List<Row> rows, boolean bars, double least, List<String> axis) {
        this.title = title;
        this.series = series;
        this.rows = rows;
        this.bars = bars;
        this.axis = axis;
        this.least = Math.log10(least);
        this.most = this.least + axis.size() - 1;
    }

    private double x(double value) {
        double at = Math.clamp((Math.log10(value) - least) / (most - least), 0.0, 1.0);
        return LEFT + at * (WIDTH - LEFT - RIGHT);
    }

    String svg() {
        int height = TOP + rows.size() * STEP + BOTTOM;
        StringBuilder svg = new StringBuilder(Numbers.text(
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">%n", WIDTH, height, Html.escape(title)));
        svg.append(Numbers.text("<text class=\"title\" x=\"0\" y=\"14\">%s</text>%n", Html.escape(title)));
        for (int index = 0; index < series.size(); index++) {
            int at = LEFT + index * 110;
            svg.append(Numbers.text("<circle cx=\"%d\" cy=\"30\" r=\"%d\" fill=\"%s\"/>", at, RADIUS, COLOURS[index]));
            svg.append(Numbers.text("<text x=\"%d\" y=\"34\">%s</text>%n", at + 10, Html.escape(series.get(index))));
        }
        for (int index = 0; index < axis.size(); index++) {
            double at = x(Math.pow(10, least + index));
            svg.append(Numbers.text("<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>", at, TOP - 4,
                at, height - BOTTOM));
            svg.append(Numbers.text("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n", at, height - 12,
                Html.escape(axis.get(index))));
        }
        for (int index = 0; index < rows.size(); index++) {
            row(svg, rows.get(index), TOP + index * STEP + STEP / 2);
        }
        return svg.append("</svg>\n").toString();
    }

    private void row(StringBuilder svg, Row row, int y) {
        svg.append(Numbers.text("<text x=\"%d\" y=\"%d\" text-anchor=\"end\"%s>%s</text>", LEFT - 12, y + 4,
            row.ours() ? " class=\"ours\"" : "", Html.escape(row.name())));
        for (int index = 0; index < row.values().size(); index++) {
            double value = row.values().get(index);
            if (value <= 0) {
                continue;
            }
            String tip = Html.escape(row.name() + ", " + series.get(index) + ": " + row.labels().get(index));
            if (bars) {
                double top = y - BAR * row.values().size() / 2.0 + index * BAR;
                svg.append(Numbers.text("<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\">"
                    + "<title>%s</title></rect>", LEFT, top, x(value) - LEFT, BAR - 1, COLOURS[index], tip));
            } else {
                svg.append(Numbers.text("<circle cx=\"%.1f\" cy=\"%d\" r=\"%d\" fill=\"%s\"><title>%s</title>"
                    + "</circle>", x(value), y, RADIUS, COLOURS[index], tip));
            }
        }
        if (!row.labels().isEmpty() && row.values().getFirst() > 0) {
            svg.append(Numbers.text("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", WIDTH, y + 4,
                Html.escape(row.labels().getFirst())));
        }
        svg.append('\n');
    }
}
