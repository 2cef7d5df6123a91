// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.ExitCode;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;

/** {@code mk completion}: tab completion. */
@Command(name = "completion", hidden = true, mixinStandardHelpOptions = true,
    header = "Prints a completion script for bash.", description = {
    "Prints a script that teaches bash, or zsh with bashcompinit, to complete verbs and options of a command named "
        + "mk."},
    footer = {"", "Example: source <(mk completion)"})
final class CompletionCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        System.out.print(AutoComplete.bash("mk", Main.commandLine()));
        return ExitCode.OK.code();
    }
}
