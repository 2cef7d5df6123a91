// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.host.view.SnapshotJson;
import io.mkemu.json.Json;
import java.util.List;
import java.util.Locale;

/** A sample for what is no terminal. Stateless; any thread. */
final class TextTop {
    private static final int WIDTH = 160;
    private static final int DELETE = 0x7f;
    private static final int LAST_CONTROL = 0x9f;

    private TextTop() {
    }

    /** The machine, its kernels, its CPUs and the traffic between its kernels, in lines. */
    static String text(Sample sample) {
        StringBuilder text = new StringBuilder();
        TopView.header(sample, null).forEach(line -> text.append(Plain.text(line)).append('\n'));
        append(text, Rows.KERNELS, Rows.kernels(sample), "ID");
        append(text, Rows.CPUS, Rows.cpus(sample), "CPU");
        if (!sample.rates().pairs().isEmpty()) {
            append(text, Rows.PAIRS, Rows.pairs(sample), "FROM");
        }
        return text.toString();
    }

    private static <R> void append(StringBuilder text, Table<R> table, List<R> rows, String sortedBy) {
        text.append('\n').append(table.titles(WIDTH, sortedBy).stripTrailing()).append('\n');
        table.sorted(rows, sortedBy, false)
            .forEach(row -> text.append(table.row(WIDTH, row).stripTrailing()).append('\n'));
    }

    /** One JSON object on a line: {snapshot, rates, paused}. */
    static String json(Sample sample) {
        ObjectNode node = Json.object();
        node.set("snapshot", SnapshotJson.of(sample.snapshot()));
        node.set("rates", SnapshotJson.of(sample.rates()));
        sample.paused().forEach(node.putArray("paused")::add);
        String json = Json.text(node);
        int plain = 0;
        while (plain < json.length() && !steers(json.charAt(plain))) {
            plain++;
        }
        if (plain == json.length()) {
            return json;
        }
        /* JSON may have them as they are, and a terminal would obey. They can only stand in strings. */
        StringBuilder escaped = new StringBuilder();
        json.chars().forEach(c -> escaped.append(
            steers(c) ? String.format(Locale.ROOT, "\\u%04x", c) : Character.toString(c)));
        return escaped.toString();
    }

    private static boolean steers(int c) {
        return c >= DELETE && c <= LAST_CONTROL;
    }
}
