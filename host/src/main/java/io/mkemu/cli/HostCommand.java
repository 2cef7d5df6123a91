// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.ExitCode;
import io.mkemu.cli.type.Interruptible;
import io.mkemu.cli.type.JournalFlags;
import io.mkemu.cli.type.MachineFlags;
import io.mkemu.cli.type.PlaceNote;
import io.mkemu.host.HostRun;
import io.mkemu.host.OutputBound;
import io.mkemu.host.client.BackgroundHost;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.os.OsProcess;
import io.mkemu.os.StandardStreams;
import io.mkemu.plan.MachinePlan;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mk host}: the host of a machine in the foreground. */
@Command(name = "host", hidden = true, mixinStandardHelpOptions = true,
    header = "Makes a machine and is its host, in the foreground.", description = {
    "Makes a machine as mk init does and is its host, in the foreground: for containers and supervisors. Prints the "
        + "kernel logs of all instances. Ends by mk shutdown, SIGTERM or Ctrl-C, and leaves nothing behind."},
    footer = {"", "Example: mk host --machine lab --cpus 0-3 --memory 64M"})
final class HostCommand implements Callable<Integer> {
    @Mixin
    private MachineFlags flags;

    @Mixin
    private JournalFlags journal;

    @Spec
    private CommandSpec command;

    @Option(names = {"-q", "--quiet"}, description = "Do not print the kernel logs.")
    private boolean quiet;

    @Option(names = "--until-eof", description = "End when its standard input does, too.")
    private boolean untilEof;

    @Option(names = "--background", hidden = true, description = "As mk init starts it: says on stdout when it is up, "
        + "then leaves all that it has of its caller.")
    private boolean background;

    @Override
    public Integer call() throws Exception {
        if (background) {
            OsProcess.leaveTerminal();
        }
        if (untilEof && flags.readsStdin()) {
            throw new ParameterException(command.commandLine(), "--until-eof: its standard input cannot be the tree "
                + "too, name a file");
        }
        MachineDirectory directory = flags.directory();
        if (!background) {
            PlaceNote.tell(directory);
        }
        HostRun run = new HostRun(directory, MachinePlan.of(flags.spec()).recorded(journal.options()),
            quiet || background ? null : System.out);
        if (untilEof) {
            Thread.ofPlatform().daemon().name("until-eof").start(() -> awaitEof(run));
        }
        Interruptible.run(run::stop, () -> run.run(() -> {
            if (background) {
                leave(directory);
            }
        }));
        return ExitCode.OK.code();
    }

    private static void awaitEof(HostRun run) {
        try {
            System.in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException broken) {
            System.err.println("mk: its standard input cannot be read any more, the machine ends: " + broken);
        } finally {
            run.stop();
        }
    }

    private static void leave(MachineDirectory directory) throws IOException {
        try (StandardStreams streams = StandardStreams.open(directory.output())) {
            System.out.println(BackgroundHost.READY);
            System.out.flush();
            streams.replace();
        }
        OutputBound.watch(directory.output());
    }
}
