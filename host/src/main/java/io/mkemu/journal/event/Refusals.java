// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How many sends were refused, by who sent to whom, the type and the error. What a kernel makes up is bounded: behind
 * {@link #MOST} rows, those of a pair and an error are counted together. Not thread-safe.
 */
public final class Refusals {
    /** Rows that have a type. */
    static final int MOST = 4096;

    /**
     * Whose sends.
     *
     * @param from instance that sent
     * @param to   instance it was to be sent to
     * @param type of the messages, as an unsigned number; -1 for several types
     * @param name of the type, null if it has none
     * @param errno positive
     */
    public record Row(int from, int to, long type, String name, int errno) {
        private static final Comparator<Row> ORDER = Comparator.comparingInt(Row::from).thenComparingInt(Row::to)
            .thenComparingLong(Row::type).thenComparing(Row::name, Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparingInt(Row::errno);
    }

    private final SortedMap<Row, Long> counts = new TreeMap<>(Row.ORDER);

    void add(TraceEntry refused, String typeName) {
        Row row = new Row(refused.instance(), refused.arg0(), Integer.toUnsignedLong(refused.type()), typeName,
            refused.arg1());
        boolean any = counts.size() >= MOST && !counts.containsKey(row);
        counts.merge(any ? new Row(row.from(), row.to(), -1, null, row.errno()) : row, 1L, Long::sum);
    }

    /** The rows, by ids and types, each with its number of sends. */
    public List<Map.Entry<Row, Long>> rows() {
        return List.copyOf(counts.entrySet());
    }
}
