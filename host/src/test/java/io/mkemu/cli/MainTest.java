// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Which commands the command line is made with. */
class MainTest {
    private static Stream<String> own() {
        return Stream.concat(Main.FIRST.stream(), Main.LAST.stream());
    }

    /** What a user reads of a command, and how it reads its words, must not depend on how it was built. */
    @ParameterizedTest
    @MethodSource("own")
    void aVerbIsBuiltAloneAndIsTheSameAsAmongAll(String name) {
        CommandLine alone = Main.commandLine(name, "--help");
        assertEquals(Set.of(name), alone.getSubcommands().keySet());
        CommandLine verb = alone.getSubcommands().get(name);
        CommandLine amongAll = Main.commandLine().getSubcommands().get(name);
        assertEquals(amongAll.getUsageMessage(), verb.getUsageMessage());
        assertEquals(amongAll.getCommand().getClass(), verb.getCommand().getClass());
        assertEquals(name, verb.getCommand().getClass().getAnnotation(Command.class).name());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--help", "-h", "--version", "lst", "--no-such", "list,show", "List"})
    void whatNamesNoVerbIsReadByAllOfThem(String first) {
        Map<String, CommandLine> all = (first.isEmpty() ? Main.commandLine() : Main.commandLine(first, "list"))
            .getSubcommands();
        assertTrue(all.keySet().containsAll(own().toList()), () -> "" + all.keySet());
    }

    @Test
    void theyStandInTheOrderOfTheHelp() {
        List<String> names = new ArrayList<>(Main.commandLine().getSubcommands().keySet());
        assertEquals(Main.FIRST, names.subList(0, Main.FIRST.size()));
        assertEquals(Main.LAST, names.subList(names.size() - Main.LAST.size(), names.size()));
        assertEquals(names, names.stream().distinct().toList());
    }
}
