// SPDX-License-Identifier: Apache-2.0
package io.mkemu.boot;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A kernel command line with the rules of Linux: parameters {@code name} or {@code name=value} separated by blanks,
 * double quotes keep blanks, '-' and '_' are the same in names, the last one of a name wins, and
 * {@code module.parameter=value} belongs to a module. Immutable, so any thread may read it.
 */
public final class BootParameters {

    private static final int LONGEST_QUOTE = 80;

    private final String text;
    private final Map<String, String> values;

    private BootParameters(String text, Map<String, String> values) {
        this.text = text;
        this.values = values;
    }

    /** Parses a command line; like Linux, it accepts every text. */
    public static BootParameters parse(String cmdline) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String word : words(cmdline)) {
            put(values, word);
        }
        return new BootParameters(cmdline, values);
    }

    private static List<String> words(String cmdline) {
        List<String> words = new ArrayList<>();
        int start = -1;
        boolean quoted = false;
        for (int i = 0; i <= cmdline.length(); i++) {
            boolean end = i == cmdline.length() || !quoted && isBlank(cmdline.charAt(i));
            if (end && start >= 0) {
                words.add(cmdline.substring(start, i));
                start = -1;
            } else if (!end) {
                quoted ^= cmdline.charAt(i) == '"';
                start = start < 0 ? i : start;
            }
        }
        return words;
    }

    private static void put(Map<String, String> values, String word) {
        String bare = word.startsWith("\"") ? unquote(word) : word;
        int equals = bare.indexOf('=');
        String name = equals < 0 ? bare : bare.substring(0, equals);
        String value = equals < 0 ? "" : bare.substring(equals + 1);
        if (!name.isEmpty()) {
            /* The last one counts, for its place among the others too: loglevel= after quiet overrides it. */
            values.remove(normal(name));
            values.put(normal(name), value.startsWith("\"") ? unquote(value) : value);
        }
    }

    private static String unquote(String word) {
        int end = word.length() > 1 && word.endsWith("\"") ? word.length() - 1 : word.length();
        return word.substring(1, end);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c >= '\t' && c <= '\r';
    }

    private static String normal(String name) {
        return name.replace('-', '_');
    }

    /** The value of a parameter, "" if it stands without one, null if it is absent. */
    public String get(String name) {
        return values.get(normal(name));
    }

    /** Whether a parameter is there, with or without a value. */
    public boolean has(String name) {
        return values.containsKey(normal(name));
    }

    /** The names, with '_' for '-', each at the place of its last mention; unmodifiable. */
    public Set<String> names() {
        return Collections.unmodifiableSet(values.keySet());
    }

    /**
     * The parameters of a module, in order, without the module's name.
     *
     * @return values by parameter name, in which '_' stands for '-'; unmodifiable
     */
    public Map<String, String> forModule(String module) {
        String prefix = normal(module) + ".";
        Map<String, String> own = new LinkedHashMap<>();
        values.forEach((name, value) -> {
            if (name.startsWith(prefix) && name.length() > prefix.length()) {
                own.put(name.substring(prefix.length()), value);
            }
        });
        return Collections.unmodifiableMap(own);
    }

    /** The command line as it was given. */
    public String text() {
        return text;
    }

    /**
     * An integer: decimal, hex with 0x or octal with a leading 0, with a sign if wanted.
     *
     * @param name         parameter
     * @param defaultValue result if the parameter is absent; may lie outside the range
     * @param min          lowest legal value
     * @param max          highest legal value
     * @throws IllegalArgumentException with one line naming parameter, value and range if it is no such integer
     */
    public long getLong(String name, long defaultValue, long min, long max) {
        String value = get(name);
        if (value == null) {
            return defaultValue;
        }
        try {
            long number = decode(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(rangeMessage(name, value, min, max), e);
        }
        throw new IllegalArgumentException(rangeMessage(name, value, min, max));
    }

    private static long decode(String value) {
        if (value.indexOf('#') >= 0) {
            throw new NumberFormatException(value);
        }
        return Long.decode(value);
    }

    private static String rangeMessage(String name, String value, long min, long max) {
        return "boot parameter " + name + "=" + printable(value) + ": expected an integer in " + min + ".." + max;
    }

    /**
     * A size or an address in bytes, by the rules of {@link MemParse}.
     *
     * @return 0..2^63-1
     * @throws IllegalArgumentException with one line if the parameter is absent or not such a number
     */
    public long getMemory(String name) {
        String value = get(name);
        if (value == null) {
            throw new IllegalArgumentException("boot parameter " + name + " is missing: expected " + name
                    + "=SIZE, as " + name + "=0x1000 or " + name + "=64M");
        }
        try {
            return MemParse.parse(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("boot parameter " + name + ": " + e.getMessage(), e);
        }
    }

    static String quote(String value) {
        return "'" + printable(value) + "'";
    }

    public static String printable(String value) {
        String cut = value.length() > LONGEST_QUOTE ? value.substring(0, LONGEST_QUOTE) + "..." : value;
        return cut.replaceAll("\\p{Cntrl}", "?");
    }
}
