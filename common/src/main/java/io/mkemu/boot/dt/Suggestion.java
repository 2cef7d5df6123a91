// SPDX-License-Identifier: Apache-2.0
package io.mkemu.boot.dt;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds the known name that a misspelt one most likely meant. Stateless; any thread. */
public final class Suggestion {

    private static final int LONGEST = 64;

    private Suggestion() {
    }

    /**
     * Looks for it.
     *
     * @param known what it may have meant
     * @return empty if none is near
     */
    public static Optional<String> nearest(String name, Collection<String> known) {
        if (name.length() > LONGEST) {
            return Optional.empty();
        }
        return known.stream().filter(k -> isNear(name, k)).min(Comparator.comparingInt(k -> distance(name, k)));
    }

    private static boolean isNear(String name, String known) {
        String plain = plain(name);
        String wanted = plain(known);
        int common = Math.min(plain.length(), wanted.length());
        boolean part = common >= 3
                && (wanted.startsWith(plain) || plain.startsWith(wanted) || wanted.endsWith(plain));
        return part || distance(name, known) <= Math.max(1, wanted.length() / 3);
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static int distance(String left, String right) {
        String a = plain(left);
        String b = plain(right);
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(Math.min(row[j], row[j - 1]) + 1, diagonal + change);
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
