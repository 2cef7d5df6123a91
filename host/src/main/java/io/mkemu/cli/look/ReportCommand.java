// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.look;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.type.MachineOption;
import io.mkemu.host.report.Reports;
import io.mkemu.host.view.InstanceNames;
import io.mkemu.host.view.LogText;
import io.mkemu.host.view.MachineView;
import io.mkemu.machine.MachineDirectory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mk report}: what was in shared RAM of a kernel that failed. */
@Command(name = "report", hidden = true, mixinStandardHelpOptions = true,
    header = "Prints the report of a kernel that failed.", description = {
    "Prints the report of a kernel that failed, hung or was killed with --report: what its CPUs did, its memory and "
        + "shared pages, messages that it has not taken, its last words, stacks as far as there are."},
    footer = {"", "Example: mk report web --life 2"})
public final class ReportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "Name or id of the instance.")
    private String name;

    @Mixin
    private MachineOption machine;

    @Option(names = "--life", paramLabel = "N", description = "Of that life; by default the newest report there is.")
    private long life;

    @Override
    public Integer call() throws Exception {
        try (MachineView view = machine.view()) {
            int id = InstanceNames.find(view.mapped(), view.name(), name).id();
            Path file = Reports.find(MachineDirectory.of(view.name()), id, life);
            if (file == null) {
                throw new MachineException(ExitCode.STATE, "there is no report of instance " + name
                    + (life == 0 ? "" : ", life " + life) + ": one is written when it fails or hangs, or by mk kill "
                    + "--report; the newest " + Reports.MOST + " of a machine are kept");
            }
            Files.readAllLines(file, StandardCharsets.UTF_8).forEach(line ->
                System.out.println(LogText.printable(line)));
        }
        return ExitCode.OK.code();
    }
}
