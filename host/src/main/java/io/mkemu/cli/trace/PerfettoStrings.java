// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import com.google.protobuf.ByteString;
import io.mkemu.cli.trace.PerfettoProto.InternedData;
import io.mkemu.cli.trace.PerfettoProto.InternedName;
import io.mkemu.cli.trace.PerfettoProto.InternedString;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * Numbers for the strings of a Perfetto trace that come again and again. Bounded: when there are too many, all are
 * forgotten, and the reader is told so. A number is never used twice.
 */
final class PerfettoStrings {
    private static final int MOST = 10_000;

    /** The tables of the format. */
    enum Table { CATEGORY, EVENT, KEY, VALUE }

    private final Map<Table, Map<String, Long>> known = new EnumMap<>(Table.class);
    private final int most;
    private InternedData.Builder fresh = InternedData.newBuilder();
    private int count;
    private long last;

    PerfettoStrings() {
        this(MOST);
    }

    /** Strings of which at most so many are known, and some of one event more. */
    PerfettoStrings(int most) {
        this.most = most;
        for (Table table : Table.values()) {
            known.put(table, new HashMap<>());
        }
    }

    /** Forgets all of them if they are too many: what follows must not use former numbers. */
    boolean forgets() {
        boolean full = count >= most;
        if (full) {
            known.values().forEach(Map::clear);
            count = 0;
        }
        return full;
    }

    /** The number of a string. */
    long number(Table table, String text) {
        Long number = known.get(table).get(text);
        if (number == null) {
            number = ++last;
            count++;
            known.get(table).put(text, number);
            switch (table) {
                case CATEGORY -> fresh.addEventCategories(name(number, text));
                case EVENT -> fresh.addEventNames(name(number, text));
                case KEY -> fresh.addDebugAnnotationNames(name(number, text));
                case VALUE -> fresh.addDebugAnnotationStringValues(InternedString.newBuilder().setIid(number)
                    .setStr(ByteString.copyFromUtf8(text)));
            }
        }
        return number;
    }

    private static InternedName name(long number, String text) {
        return InternedName.newBuilder().setIid(number).setName(text).build();
    }

    /** What was given a number since the last call, or null. */
    InternedData fresh() {
        InternedData told = null;
        if (fresh.getEventCategoriesCount() + fresh.getEventNamesCount() + fresh.getDebugAnnotationNamesCount()
            + fresh.getDebugAnnotationStringValuesCount() > 0) {
            told = fresh.build();
            fresh = InternedData.newBuilder();
        }
        return told;
    }
}
