// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.type.ChangeText;
import io.mkemu.cli.type.InterruptNote;
import io.mkemu.cli.type.JournalFlags;
import io.mkemu.cli.type.MachineFlags;
import io.mkemu.cli.type.PlaceNote;
import io.mkemu.cli.type.Seconds;
import io.mkemu.cli.type.StatusText;
import io.mkemu.cli.type.VerbCommand;
import io.mkemu.host.client.BackgroundHost;
import io.mkemu.host.client.RemoteHost;
import io.mkemu.host.view.RunningMachines;
import io.mkemu.json.Json;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.plan.MachinePlan;
import io.mkemu.tree.MachineSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk init}: makes a machine that stays up. */
@Command(name = "init", mixinStandardHelpOptions = true, abbreviateSynopsis = true,
    header = "Makes a machine; its host runs in the background.", description = {
    "Makes a machine from a device tree, or from CPUs and memory; returns when its host is up. What a killed host of "
        + "that name left is cleared. A machine that runs is made what the tree says, as one transaction: + made, "
        + "- removed, ~ changed."},
    footer = {"", "Example: mk init --machine lab --cpus 0-3 --memory 64M"})
final class InitCommand implements Callable<Integer> {
    @Mixin
    private MachineFlags flags;

    @Mixin
    private JournalFlags journal;

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "60",
        description = "How long boot and end may take; default ${DEFAULT-VALUE}.")
    private Seconds timeout;

    @Option(names = "--dry-run", description = "Check all, change nothing; print the tree, or the difference.")
    private boolean dryRun;

    @Option(names = "--force", description = "End kernels that the tree lacks or changes.")
    private boolean force;

    @Option(names = "--json", description = "Print one JSON object, as mk show --json.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        MachineSpec spec = flags.spec();
        journal.options();
        MachinePlan.of(spec);
        String tree = MachineFlags.text(spec);
        MachineDirectory directory = flags.directory();
        if (flags.hasTree() && RunningMachines.runs(directory)) {
            return change(directory, spec, tree);
        }
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

    /** Makes a machine that runs what a tree says. */
    private int change(MachineDirectory directory, MachineSpec spec, String tree) throws IOException {
        if (!journal.arguments().isEmpty()) {
            throw new MachineException(ExitCode.STATE, "machine \"" + directory.machine() + "\" runs: mk trace set "
                + "MODE --journal DIR records it from now on; leave out the options of the journal here");
        }
        ObjectNode request = Json.object().put("tree", tree.replace('\n', ' ').replace('\t', ' '))
            .put("file", spec.file()).put("dryRun", dryRun).put("force", force).put("timeoutMillis", timeout.millis());
        ObjectNode result;
        try (RemoteHost host = RemoteHost.find(directory.machine());
             var _ = new InterruptNote("mk tx list tells what comes of it")) {
            result = host.ask("init", request, VerbCommand.KERNELS_MILLIS + (force ? timeout.millis() : 0),
                line -> { });
        }
        if (json) {
            System.out.println(Json.text(result));
        } else {
            result.path("fixed").forEach(line -> System.out.println("! " + line.asText()));
            ChangeText.lines(result.path("changes")).forEach(System.out::println);
            result.path("forced").forEach(line -> System.out.println(line.asText()));
        }
        if (result.has("error")) {
            throw new MachineException(ExitCode.of(result.path("exitCode").asInt()), result.path("error").asText());
        }
        if (!json) {
            System.out.println(result.path("changes").isEmpty() ? "machine " + directory.machine() + " is what "
                + spec.file() + " says" : dryRun ? "dry run, nothing is changed"
                : result.path("tx").asText() + ": applied");
        }
        return ExitCode.OK.code();
    }
}
