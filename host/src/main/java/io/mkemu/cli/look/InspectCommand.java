// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.look;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.type.ErrorText;
import io.mkemu.cli.type.MemorySize;
import io.mkemu.cli.type.SavedSource;
import io.mkemu.cli.type.StatusText;
import io.mkemu.host.snapshot.SavedMachine;
import io.mkemu.host.snapshot.SavedStatus;
import io.mkemu.host.view.LogText;
import io.mkemu.json.Json;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mk inspect}: looks at a machine that was saved, by the commands that look at one that runs. */
@Command(name = "inspect", mixinStandardHelpOptions = true,
    subcommands = {ShowCommand.class, IomemCommand.class, DmesgCommand.class, InterruptsCommand.class},
    header = "Looks at a machine that mk snapshot saved.", description = {
    "Looks at a machine that mk snapshot has saved. With one of the commands below it prints what that one would have "
        + "printed of the machine then, with the same options; without one, what the snapshot is of."},
    footer = {"", "Example: mk inspect lab.mksnap dmesg web -l err"})
public final class InspectCommand implements Callable<Integer>, SavedSource {
    @Parameters(paramLabel = "FILE", description = "The snapshot.")
    private Path file;

    @Option(names = "--tree", description = "Print the machine as a device tree, as mk dump does.")
    private boolean tree;

    @Option(names = "--json", description = "Print one JSON object: {machine, mkemu, host, unixMillis, tree, notes, "
        + "show}; show is what mk show --json prints.")
    private boolean json;

    @Override
    public SavedMachine saved() throws IOException {
        try {
            return SavedMachine.read(file);
        } catch (FileSystemException unreadable) {
            throw new MachineException(ExitCode.MACHINE, ErrorText.of(unreadable), unreadable);
        }
    }

    @Override
    public Integer call() throws IOException {
        try (SavedMachine saved = saved()) {
            SavedStatus said = saved.said();
            if (json) {
                System.out.println(Json.text(said.json()));
            } else if (tree) {
                said.tree().lines().forEach(line -> System.out.println(LogText.printable(line)));
            } else {
                System.out.println("snapshot of machine " + said.machine() + " on " + said.host() + ", "
                    + time(said.unixMillis()) + ", by mkemu " + said.mkemu() + ", RAM "
                    + MemorySize.text(saved.machine().layout().ramSize()));
                said.notes().forEach(note -> System.out.println("note: " + note));
                StatusText.print(said.show(), false, System.out);
            }
        }
        return ExitCode.OK.code();
    }

    private static String time(long unixMillis) {
        try {
            return Instant.ofEpochMilli(unixMillis).toString();
        } catch (DateTimeException far) {
            return "at a time that is none";
        }
    }
}
