// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.tx;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mk tx}: the transactions of a machine. */
@Command(name = "tx", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
    subcommands = {TxListCommand.class, TxShowCommand.class, TxRollbackCommand.class},
    header = "Lists, shows and undoes changes of a machine.",
    footer = {"", "Example: mk tx list --machine lab"})
public final class TxCommand implements Callable<Integer> {
    @Spec
    private CommandSpec command;

    @Override
    public Integer call() {
        throw new ParameterException(command.commandLine(), "Missing required subcommand: list, show or rollback");
    }
}
