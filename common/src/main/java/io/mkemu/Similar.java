// SPDX-License-Identifier: Apache-2.0
package io.mkemu;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Guesses which of several names a user meant. Letter case, and - in place of _, make no difference. */
public final class Similar {
    private static final int LONGEST = 64;
    private static final int MOST_WRONG = 3;
    private static final int LEAST_PART = 3;

    private Similar() {
    }

    /** What to say behind a name that is none: the one that was probably meant, else all. */
    public static String hint(String name, Collection<String> known) {
        return nearest(name, known).map(near -> "; did you mean " + near + "?")
            .orElseGet(() -> "; use one of " + String.join(", ", known));
    }

    /** The name that differs least, if it differs little. */
    public static Optional<String> nearest(String name, Collection<String> known) {
        String plain = plain(name);
        int limit = Math.clamp(plain.length() / 2, 1, MOST_WRONG);
        return name.length() > LONGEST ? Optional.empty() : known.stream()
            .filter(other -> isPart(plain, plain(other)) || distance(plain, plain(other)) <= limit)
            .min(Comparator.comparingInt(other -> distance(plain, plain(other))));
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static boolean isPart(String one, String other) {
        return Math.min(one.length(), other.length()) >= LEAST_PART && (one.contains(other) || other.contains(one));
    }

    /** Letters to insert, drop or replace. */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int column = 0; column < row.length; column++) {
            row[column] = column;
        }
        for (int line = 1; line <= one.length(); line++) {
            int diagonal = row[0];
            row[0] = line;
            for (int column = 1; column < row.length; column++) {
                int above = row[column];
                int same = one.charAt(line - 1) == other.charAt(column - 1) ? 0 : 1;
                row[column] = Math.min(diagonal + same, Math.min(above, row[column - 1]) + 1);
                diagonal = above;
            }
        }
        return row[other.length()];
    }
}
