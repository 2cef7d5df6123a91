// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.demo;

import io.mkemu.ExitCode;
import io.mkemu.builtin.DemoModule;
import io.mkemu.builtin.DemoResult;
import io.mkemu.cli.type.Interruptible;
import io.mkemu.cli.type.JournalFlags;
import io.mkemu.cli.type.PlaceNote;
import io.mkemu.cli.type.Progress;
import io.mkemu.cli.type.ReportPrinter;
import io.mkemu.host.MachineRun;
import io.mkemu.host.RunReport;
import io.mkemu.kernel.KernelInstance;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.plan.MachinePlan;
import io.mkemu.tree.MachineSpec;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mk demo}: every pair of kernels exchanges messages and pages, and all of it is verified. */
@Command(name = "demo", mixinStandardHelpOptions = true,
    header = "Every pair of kernels exchanges messages and pages.", description = {
    "Boots examples/demo.dts, or as many instances as asked for; every pair of kernels, the host included, exchanges "
        + "messages of 0 to 256 bytes and shares pages, and every byte is verified."},
    footer = {"", "Example: mk demo --instances 8 --messages 200000 --json"})
public final class DemoCommand implements Callable<Integer> {
    @Option(names = "--instances", paramLabel = "N", description = "Instances beside the host, 1..64; by default those "
        + "of examples/demo.dts.")
    private Integer instances;

    @Option(names = "--messages", paramLabel = "N", description = "Messages each way in each pair of kernels; "
        + "default ${DEFAULT-VALUE}.", defaultValue = "10000")
    private int messages;

    @Option(names = "--idle", paramLabel = "POLICY", description = "What an idle CPU does: poll, halt, or haltpoll "
        + "(the default).")
    private String idle;

    @Option(names = "--json", description = "Print one JSON object and nothing else on stdout.")
    private boolean json;

    @Option(names = "--machine", paramLabel = "NAME", description = "Name of the machine; default ${DEFAULT-VALUE}.",
        defaultValue = "demo")
    private String machine;

    @Mixin
    private JournalFlags journal;

    @Spec
    private CommandSpec command;

    @Override
    public Integer call() throws Exception {
        check(instances == null || instances >= 1 && instances <= DemoTree.MAX_INSTANCES,
            "--instances " + instances + " is not 1.." + DemoTree.MAX_INSTANCES);
        check(messages >= 1 && messages <= DemoTree.MAX_MESSAGES,
            "--messages " + messages + " is not 1.." + DemoTree.MAX_MESSAGES);
        check(idle == null || idle.matches("poll|halt|haltpoll"),
            "--idle " + idle + " is not poll, halt or haltpoll");
        MachineSpec spec = DemoTree.of(instances, messages, idle);
        MachineRun run = new MachineRun(PlaceNote.tell(MachineDirectory.of(machine)),
            MachinePlan.of(spec).recorded(journal.options()), null);
        boolean[] ok = new boolean[1];
        Progress progress = new Progress();
        DemoResult[] result = new DemoResult[1];
        Interruptible.run(run, host -> result[0] = follow(host, progress), report -> {
            progress.clear();
            ok[0] = report(report, result[0], System.out);
        });
        return JournalFlags.isWhole(run) && ok[0] ? ExitCode.OK.code() : ExitCode.FAILED.code();
    }

    private void check(boolean good, String message) {
        if (!good) {
            throw new ParameterException(command.commandLine(), message);
        }
    }

    private static DemoResult follow(KernelInstance host, Progress progress) {
        DemoModule demo = host.module(DemoModule.class);
        if (demo == null) {
            return null;
        }
        progress.show("demo: " + demo.progress());
        return demo.result();
    }

    private boolean report(RunReport report, DemoResult result, PrintStream out) {
        boolean ok = report.ok() && result != null && result.ok();
        if (json) {
            out.println(DemoReport.json(report, result, ok));
        } else {
            ReportPrinter.print(report, out);
            /* A run says it in its log; the demo shows none. */
            if (report.overcommitment() != null) {
                out.println(report.overcommitment());
            }
            DemoReport.print(result, ok, out);
        }
        return ok;
    }
}
