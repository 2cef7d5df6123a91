// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.cli.DeleteCommand;
import io.mkemu.cli.ExecCommand;
import io.mkemu.cli.KillCommand;
import io.mkemu.cli.LoadCommand;
import io.mkemu.cli.look.ShowCommand;
import io.mkemu.cli.UnloadCommand;
import io.mkemu.cli.UpdateCommand;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** How a verb names instances to the host: {@code --id N} as {@code #N}, since a name may look like a number. */
class InstanceArgumentTest {
    private static String sent(VerbCommand command, String field, String... words) {
        Converter.register(new CommandLine(command)).parseArgs(words);
        return command.request().get(field).toString();
    }

    @Test
    void theOneInstanceOfAVerb() {
        assertEquals("\"#3\"", sent(new UpdateCommand(), "name", "--id", "3", "--cpus", "1"));
        assertEquals("\"#3\"", sent(new LoadCommand(), "name", "--id", "3"));
        assertEquals("[\"#3\"]", sent(new ShowCommand(), "names", "--id", "3"));
        assertEquals("\"3\"", sent(new UpdateCommand(), "name", "3", "--cpus", "1"));
        assertEquals("\"web\"", sent(new LoadCommand(), "name", "web"));
        assertEquals("[\"3\"]", sent(new ShowCommand(), "names", "3"));
        assertEquals("[]", sent(new ShowCommand(), "names"));
    }

    @Test
    void theInstancesOfAVerb() {
        for (VerbCommand verb : List.of(new ExecCommand(), new KillCommand(), new UnloadCommand(),
            new DeleteCommand())) {
            assertEquals("[\"web\",\"2\",\"#3\",\"#4\"]",
                sent(verb, "names", "--id", "3", "web", "2", "--id", "4"), () -> verb.getClass().getSimpleName());
        }
    }
}
