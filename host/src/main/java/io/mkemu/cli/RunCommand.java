// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.ExitCode;
import io.mkemu.abi.IpiMode;
import io.mkemu.cli.type.Interruptible;
import io.mkemu.cli.type.JournalFlags;
import io.mkemu.cli.type.MachineFlags;
import io.mkemu.cli.type.MemoryScale;
import io.mkemu.cli.type.PlaceNote;
import io.mkemu.cli.type.ReportPrinter;
import io.mkemu.host.MachineRun;
import io.mkemu.host.RunReport;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.plan.MachinePlan;
import io.mkemu.tree.MachineSpec;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mk run}: a machine from a device tree, from boot to end. */
@Command(name = "run", mixinStandardHelpOptions = true,
    header = "A machine from boot to end.", description = {
    "Boots the machine that a device tree describes, streams the kernel logs, waits until all tasks of all modules "
        + "have ended, or for Ctrl-C, prints a report and leaves nothing behind."},
    footer = {"", "Example: mk run examples/demo.dts"})
public final class RunCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE.dts", description = "Device tree, source or compiled (.dtb), "
        + "compatible = \"multikernel-v1\", or - for stdin.")
    private String file;

    @Option(names = "--machine", paramLabel = "NAME",
        description = "Name of the machine; by default the file's name without .dts or .dtb.")
    private String machine;

    @Option(names = "--ipi", paramLabel = "MAILBOX",
        description = "queued, or single-slot: the RFC's; by default what the tree says (ipi = \"...\").")
    private IpiMode ipi;

    @Mixin
    private MemoryScale scale;

    @Mixin
    private JournalFlags journal;

    @Override
    public Integer call() throws Exception {
        MachineSpec tree = scale.of(MachineFlags.read(file));
        MachineSpec spec = ipi == null ? tree : tree.withIpi(ipi);
        MachineDirectory directory = MachineDirectory.of(machine != null ? machine : MachineFlags.nameOf(file));
        PlaceNote.tell(directory);
        MachineRun run = new MachineRun(directory, MachinePlan.of(spec).recorded(journal.options()), System.out);
        RunReport[] result = new RunReport[1];
        Interruptible.run(run, host -> { }, report -> {
            result[0] = report;
            ReportPrinter.print(report, System.out);
        });
        return JournalFlags.isWhole(run) && result[0].ok() ? ExitCode.OK.code() : ExitCode.FAILED.code();
    }
}
