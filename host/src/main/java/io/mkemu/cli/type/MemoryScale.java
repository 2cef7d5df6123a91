// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.tree.MachineSpec;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes a tree of a large machine fit here: CPUs and names as they are, and less memory. */
public final class MemoryScale {
    private static final Pattern FRACTION = Pattern.compile("([1-9]\\d{0,8})/([1-9]\\d{0,8})");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    private long numerator = 1;
    private long denominator = 1;

    @Option(names = "--scale-memory", paramLabel = "N/M",
        description = "Part of the tree's memory to give, as 1/64.")
    private void fraction(String text) {
        Matcher fraction = FRACTION.matcher(text);
        if (!fraction.matches()) {
            throw wrong(text);
        }
        numerator = Long.parseLong(fraction.group(1));
        denominator = Long.parseLong(fraction.group(2));
        if (numerator > denominator) {
            throw wrong(text);
        }
    }

    private ParameterException wrong(String text) {
        return new ParameterException(command.commandLine(), "--scale-memory " + text
            + " is no part of the memory, expected a fraction of at most 1, as 1/64");
    }

    /** The machine with that part of its memory. */
    public MachineSpec of(MachineSpec tree) {
        return numerator == denominator ? tree : tree.scaled(numerator, denominator);
    }

    /** Refuses the option where --memory says what there is. */
    void refuseWithoutTree(CommandSpec of) {
        if (numerator != denominator) {
            throw new ParameterException(of.commandLine(), "--scale-memory is for a tree: give --memory less");
        }
    }
}
