// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.fault;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What a simulation does to a machine, beside choosing who goes on. */
public enum FaultKind {
    /** A kernel is killed between two turns. */
    KILL,
    /** As KILL, in the middle of a send too. */
    MID_SEND,
    /** A kernel that was killed is started again after a while, whatever the tree says. */
    RESTART,
    /** A CPU stands still for a while. */
    PAUSE,
    /** Each step of a CPU takes longer. */
    SLOW,
    /** Lanes have two slots, and an allocation fails now and then. */
    FULL,
    /** Kernels boot in any order, some late. */
    BOOT,
    /** The host is killed, and all others some time later. */
    HOST;

    /** As users write it: mid-send. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * A list that a user wrote.
     *
     * @param text names with commas between them; "none" for none, "all" for all
     * @throws IllegalArgumentException if one is unknown, in one line
     */
    public static Set<FaultKind> parse(String text) {
        if (text.equals("all")) {
            return EnumSet.allOf(FaultKind.class);
        }
        Set<FaultKind> kinds = EnumSet.noneOf(FaultKind.class);
        if (!text.equals("none")) {
            for (String name : text.split(",", -1)) {
                kinds.add(of(name.strip()));
            }
        }
        return kinds;
    }

    private static FaultKind of(String name) {
        return Arrays.stream(values()).filter(kind -> kind.label().equals(name)).findFirst()
            .orElseThrow(() -> new IllegalArgumentException("'" + name + "' is not a fault; the faults are "
                + Arrays.stream(values()).map(FaultKind::label).collect(Collectors.joining(", "))
                + ", or all, or none"));
    }
}
