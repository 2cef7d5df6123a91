// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.ExitCode;
import io.mkemu.abi.InstanceState;
import io.mkemu.cli.type.LogFollower;
import io.mkemu.cli.type.MachineOption;
import io.mkemu.cli.type.MissedBytes;
import io.mkemu.host.view.ConsoleLog;
import io.mkemu.host.view.InstanceNames;
import io.mkemu.host.view.LogText;
import io.mkemu.host.view.MachineView;
import io.mkemu.log.KernelLogReader.Line;
import io.mkemu.table.InstanceEntry;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code mk console}: follows an instance's console. */
@Command(name = "console", mixinStandardHelpOptions = true,
    header = "Follows an instance's console.", description = {
    "Follows an instance's console.",
    "Shows what is in its kernel log and what comes, over the ends and starts of its kernel. Lines of a level that "
        + "loglevel= or quiet keep off the console are left out; mk dmesg has them.",
    "Ends with exit code 0 when the machine ends or the instance is deleted, with 130 by Ctrl-C."},
    footer = {"", "Example: mk console web --machine demo"})
final class ConsoleCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "Name or id of the instance, or host.")
    private String name;

    @Mixin
    private MachineOption machine;

    private final MissedBytes missed = new MissedBytes();

    @Override
    public Integer call() throws Exception {
        try (MachineView view = MachineView.open(machine.name())) {
            InstanceEntry entry = InstanceNames.find(view.mapped(), view.name(), name);
            String itsName = entry.name();
            ConsoleLog console = new ConsoleLog(view.mapped().memory(), entry);
            LogFollower.tellOfDeath(view);
            LogFollower.follow(view, () -> print(console, entry, itsName));
        }
        return ExitCode.OK.code();
    }

    private boolean print(ConsoleLog console, InstanceEntry entry, String itsName) {
        boolean exists = entry.state() != InstanceState.EMPTY && entry.name().equals(itsName);
        for (Line line = console.poll(); line != null; line = console.poll()) {
            missed.tell(console.missedBytes());
            System.out.println(LogText.of(line.nanos(), line.text()));
        }
        missed.tell(console.missedBytes());
        if (!exists) {
            System.err.println("mk: instance " + itsName + " was deleted");
        }
        return exists;
    }
}
