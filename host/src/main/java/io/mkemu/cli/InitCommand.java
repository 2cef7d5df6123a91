// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.cli.type.InterruptNote;
import io.mkemu.cli.type.JournalFlags;
import io.mkemu.cli.type.MachineFlags;
import io.mkemu.cli.type.PlaceNote;
import io.mkemu.cli.type.Seconds;
import io.mkemu.cli.type.StatusText;
import io.mkemu.host.client.BackgroundHost;
import io.mkemu.host.client.RemoteHost;
import io.mkemu.json.Json;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.plan.MachinePlan;
import io.mkemu.tree.MachineSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk init}: makes a machine that stays up. */
@Command(name = "init", mixinStandardHelpOptions = true, abbreviateSynopsis = true,
    header = "Makes a machine; its host runs in the background.", description = {
    "Makes a machine from a device tree, or from CPUs and memory, and leaves its host running in the background; "
        + "returns when the host is up. What a killed host of that name left is cleared."},
    footer = {"", "Example: mk init --machine lab --cpus 0-3 --memory 64M"})
final class InitCommand implements Callable<Integer> {
    @Mixin
    private MachineFlags flags;

    @Mixin
    private JournalFlags journal;

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "60",
        description = "How long the host may take to come up; default ${DEFAULT-VALUE}.")
    private Seconds timeout;

    @Option(names = "--dry-run", description = "Check everything, print the tree, make nothing.")
    private boolean dryRun;

    @Option(names = "--json", description = "Print one JSON object and nothing else on stdout, as mk show --json.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        MachineSpec spec = flags.spec();
        journal.options();
        MachinePlan.of(spec);
        String tree = MachineFlags.text(spec);
        MachineDirectory directory = flags.directory();
        BackgroundHost.requireFree(directory);
        if (dryRun) {
            System.out.print(tree);
            return ExitCode.OK.code();
        }
        PlaceNote.tell(directory);
        try (var _ = new InterruptNote("mk list tells whether machine \"" + directory.machine()
            + "\" has come up all the same")) {
            List<String> main = new ArrayList<>(List.of(Main.class.getName(), "host", "-", "--machine",
                directory.machine(), "--background"));
            main.addAll(journal.arguments());
            BackgroundHost.start(directory, tree, main, timeout.millis());
            try (RemoteHost host = RemoteHost.find(directory.machine())) {
                ObjectNode status = host.ask("show", Json.object(), 0, line -> { });
                System.out.println(json ? Json.text(status) : StatusText.summary(status));
            }
        }
        return ExitCode.OK.code();
    }
}
