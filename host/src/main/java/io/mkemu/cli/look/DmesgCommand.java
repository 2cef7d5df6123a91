// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.look;

import io.mkemu.ExitCode;
import io.mkemu.cli.type.LogFollower;
import io.mkemu.cli.type.MachineOption;
import io.mkemu.cli.type.MissedBytes;
import io.mkemu.host.view.InstanceNames;
import io.mkemu.host.view.LogText;
import io.mkemu.host.view.MachineView;
import io.mkemu.json.Json;
import io.mkemu.log.KernelLogReader;
import io.mkemu.log.KernelLogReader.Line;
import io.mkemu.log.LogLevel;
import io.mkemu.table.InstanceEntry;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mk dmesg}: the kernel log of an instance. */
@Command(name = "dmesg", mixinStandardHelpOptions = true,
    header = "Prints the kernel log of an instance.", description = {
    "Prints the kernel log of an instance.",
    "Lines of all levels, as far as its ring reaches back: of a kernel that runs, of one that is dead, and of a "
        + "machine whose host was killed, as long as its RAM is there."},
    footer = {"", "Example: mk dmesg web -l err,warn"})
public final class DmesgCommand implements Callable<Integer> {
    private static final String HOST = "host";

    @Parameters(paramLabel = "NAME", arity = "0..1", defaultValue = HOST,
        description = "Name or id of the instance; by default the host.")
    private String name;

    @Mixin
    private MachineOption machine;

    @Option(names = {"-l", "--level"}, paramLabel = "LEVEL", split = ",",
        description = "Only lines of these levels: emerg, alert, crit, err, warn, notice, info, debug, or 0 to 7; "
            + "several with commas between them.")
    private List<LogLevel> levels = List.of();

    @Option(names = "--json", description = "Print one JSON object for each line: {time, level, cpu, text}; the time "
        + "in ns since the machine was made, the physical id of the CPU or null.")
    private boolean json;

    @Option(names = {"-w", "--follow"}, description = "Go on with what comes, until the machine ends (exit code 0) or "
        + "Ctrl-C (130).")
    private boolean follow;

    @Spec
    private CommandSpec command;

    private final MissedBytes missed = new MissedBytes();

    @Override
    public Integer call() throws Exception {
        Set<LogLevel> wanted = levels.isEmpty() ? EnumSet.allOf(LogLevel.class) : EnumSet.copyOf(levels);
        try (MachineView view = machine.view()) {
            InstanceEntry entry = InstanceNames.find(view.mapped(), view.name(), name);
            KernelLogReader log = new KernelLogReader(view.mapped().memory(), entry.id());
            if (follow && view.isSaved()) {
                throw new ParameterException(command.commandLine(), "--follow: nothing comes any more in a snapshot");
            }
            LogFollower.tellOfDeath(view);
            if (follow) {
                LogFollower.follow(view, () -> print(log, wanted));
            } else {
                print(log, wanted);
            }
        }
        return ExitCode.OK.code();
    }

    private boolean print(KernelLogReader log, Set<LogLevel> wanted) {
        for (Line line = log.poll(); line != null; line = log.poll()) {
            missed.tell(log.missedBytes());
            LogLevel level = LogLevel.of(line.level());
            if (wanted.contains(level)) {
                System.out.println(json ? json(line, level) : LogText.of(line.nanos(), line.text()));
            }
        }
        missed.tell(log.missedBytes());
        return true;
    }

    private String json(Line line, LogLevel level) {
        return Json.text(Json.object().put("time", line.nanos()).put("level", level.label())
            .put("cpu", line.physicalCpu() < 0 ? null : (Integer) line.physicalCpu()).put("text", line.text()));
    }
}
