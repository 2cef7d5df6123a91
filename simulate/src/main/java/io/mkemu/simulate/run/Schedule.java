// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import java.util.Arrays;

/** Who went on for how many choices, stretch by stretch. Grows while a run records it. */
final class Schedule {
    private int[] actors = new int[64];
    private int[] lengths = new int[64];
    private int count;

    void clear() {
        count = 0;
    }

    /** An actor was chosen. */
    void chose(int actor) {
        if (count > 0 && actors[count - 1] == actor) {
            lengths[count - 1]++;
            return;
        }
        if (count == actors.length) {
            actors = Arrays.copyOf(actors, 2 * count);
            lengths = Arrays.copyOf(lengths, 2 * count);
        }
        actors[count] = actor;
        lengths[count++] = 1;
    }

    /** How many stretches. */
    int count() {
        return count;
    }

    int[] actors() {
        return Arrays.copyOf(actors, count);
    }

    int[] lengths() {
        return Arrays.copyOf(lengths, count);
    }
}
