// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.module;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mk module}: projects of kernel modules in Java. */
@Command(name = "module", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
    subcommands = {NewModuleCommand.class, BuildModuleCommand.class},
    header = "Begins and builds a kernel module in Java.",
    footer = {"", "Example: mk module new my-lock --maven"})
public final class ModuleCommand implements Callable<Integer> {
    @Spec
    private CommandSpec command;

    @Override
    public Integer call() {
        throw new ParameterException(command.commandLine(), "Missing required subcommand: new or build");
    }
}
