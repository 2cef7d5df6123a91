// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import io.mkemu.ExitCode;
import io.mkemu.cli.FurtherCommand;
import io.mkemu.cli.type.Interruptible;
import io.mkemu.cli.type.PlaceNote;
import io.mkemu.cli.type.Progress;
import io.mkemu.machine.MachineDirectory;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code mk hazards}: what goes wrong in the RFC, and does not with the queued mailbox. Main thread; a machine that
 * cannot be made or booted is a MachineException.
 */
@Command(name = "hazards", mixinStandardHelpOptions = true,
    header = "Shows what goes wrong in the RFC.", description = {
    "Provokes the fifteen hazards of the RFC's IPI framework between real kernels, first with its own mailbox "
        + "(single-slot), then with mkemu's (queued), and counts what became of each message.",
    "Sent: sends that returned 0. Arrived: different messages that a callback saw as they were sent. Lost: sent and "
        + "not arrived. Torn: callbacks that saw a damaged message, or memory of others that a message damaged. "
        + "Repeated: callbacks for a message that had been delivered."},
    footer = {"", "Exits with 0 if each hazard shows in single-slot and none in queued, else with 1.", "",
        "Example: mk hazards --json"})
public final class HazardsCommand implements FurtherCommand {
    @Option(names = "--json", description = "Print one JSON array and nothing else on stdout.")
    private boolean json;

    @Option(names = "--machine", paramLabel = "NAME", description = "Name of the machine; default ${DEFAULT-VALUE}.",
        defaultValue = "hazards")
    private String machine;

    @Override
    public Integer call() throws Exception {
        Progress progress = new Progress();
        HazardRun run = new HazardRun(PlaceNote.tell(MachineDirectory.of(machine)), progress::show);
        boolean[] ok = new boolean[1];
        Interruptible.run(run::stop, () -> {
            List<Outcome.Pair> results;
            try {
                results = run.run();
            } finally {
                progress.clear();
            }
            ok[0] = results.stream().allMatch(Outcome.Pair::asExpected);
            HazardsReport report = new HazardsReport(results);
            if (json) {
                report.printJson(System.out);
            } else {
                report.printText(System.out);
            }
            report.printErrors(System.err);
        });
        return ok[0] ? ExitCode.OK.code() : ExitCode.FAILED.code();
    }
}
