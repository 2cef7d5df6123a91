// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.IpiMode;
import io.mkemu.cli.FurtherCommand;
import io.mkemu.cli.type.Interruptible;
import io.mkemu.cli.type.MachineFlags;
import io.mkemu.cli.type.Progress;
import io.mkemu.cli.type.Seconds;
import io.mkemu.ipi.SendProbe;
import io.mkemu.journal.JournalPlace;
import io.mkemu.simulate.fault.FaultKind;
import io.mkemu.simulate.run.Scenario;
import io.mkemu.simulate.shard.MergeCommand;
import io.mkemu.simulate.shard.Shard;
import io.mkemu.tree.MachineSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code mk simulate}: many executions of a machine, each from a seed. */
@Command(name = "simulate", mixinStandardHelpOptions = true, subcommands = MergeCommand.class,
    synopsisSubcommandLabel = "[COMMAND]", abbreviateSynopsis = true,
    header = "Executes a machine thousands of times, each from a seed.", description = {
    "Executes the machine of a device tree again and again in this process, its modules unchanged: the kernels' own "
        + "code, a virtual clock, and a scheduler that chooses from the seed who goes on at each point where another "
        + "CPU could notice. It ends with the first run that fails, makes that run smaller, and shows its last events.",
    "A run fails if a module throws or logs an error, if nobody can go on, if memory is left, if mkemu breaks its "
        + "promises, or if a check of a module's jar (io.mkemu.module.Check) says so. docs/simulate.md tells all."},
    footer = {"", "Example: mk simulate examples/demo.dts --faults kill,restart --time 30"})
public final class SimulateCommand implements FurtherCommand {
    private static final long DEFAULT_MILLIS = 10_000;
    private static final int LOOK_MILLIS = 200;
    private static final long MOST_STEPS = 100_000_000;

    /* Not required, for the subcommand's sake. */
    @Parameters(paramLabel = "FILE.dts", arity = "0..1", description = "Device tree, .dts or .dtb, compatible = "
        + "\"multikernel-v1\", or - for stdin.")
    private String file;

    @Option(names = "--runs", paramLabel = "N", description = "So many runs at the most; 1 with --seed, and without "
        + "--time.")
    private Long runs;

    @Option(names = "--time", paramLabel = "S", converter = Seconds.Converter.class, description = "So many seconds "
        + "at the most; 10 without --runs and --seed.")
    private Seconds time;

    @Option(names = "--seed", paramLabel = "X", description = "Seed of the first run; the others follow it. By default "
        + "another one each time; it is told.")
    private Long seed;

    @Option(names = "--faults", paramLabel = "LIST", converter = FaultList.class, description = "What happens beside: "
        + "kill, restart, pause, slow, full, boot, mid-send, host, with commas between them, or all. By default none.")
    private Set<FaultKind> faults = EnumSet.noneOf(FaultKind.class);

    @Option(names = "--strategy", paramLabel = "NAME", converter = StrategyName.Converter.class, description =
        "random (default); pct:D for bugs of depth D, 1..10; exhaustive:K, all executions up to K choices.")
    private StrategyName strategy = StrategyName.RANDOM;

    @Option(names = "--ipi", paramLabel = "MAILBOX", description = "queued, or single-slot: the RFC's; by default what "
        + "the tree says.")
    private IpiMode ipi;

    @Option(names = "--jobs", paramLabel = "N", description = "Threads; by default one for each CPU.")
    private int jobs = Runtime.getRuntime().availableProcessors();

    @Option(names = "--steps", paramLabel = "N", description = "A run whose tasks are not done after so many points is "
        + "a livelock; default 1000000.")
    private long steps = 1_000_000;

    @Option(names = "--for", paramLabel = "S", converter = Seconds.Converter.class, description = "A run ends after so "
        + "much virtual time, and that is no failure: for modules whose tasks never end.")
    private Seconds virtual;

    @Option(names = "--stuck", paramLabel = "S", converter = Seconds.Converter.class, description = "A run that comes "
        + "to no point for so long is given up, and where it is is told; default 30.")
    private Seconds stuck = new Seconds(30_000);

    @Option(names = "--journal", paramLabel = "DIR", description = "Records the run that failed, or the only one, into "
        + "a journal: mk trace, mk replay and mk web --journal read it.")
    private Path journal;

    @Option(names = "--shard", paramLabel = "I/N", converter = ShardConverter.class, description = "Only the runs "
        + "whose number modulo N is I: shards 0/N to N-1/N do the runs of the whole, on as many machines as you like, "
        + "and mk simulate merge adds up what they print with --json. Needs --seed. --runs is of all shards together. "
        + "In an Indexed Job of Kubernetes JOB_COMPLETION_INDEX/JOB_COMPLETIONS by default.")
    private Shard shard;

    @Option(names = "--script", paramLabel = "CLASS[#ARG]", description = "An io.mkemu.module.Script, run beside each "
        + "machine: kills, waits, asserts.")
    private String script;

    @Option(names = "--script-path", paramLabel = "PATH", description = "Class path of the script.")
    private String scriptPath = "";

    @Option(names = "--json", description = "One JSON object on stdout.")
    private boolean json;

    @Option(names = {"-v", "--verbose"}, description = "Prints all events of the run that failed, or of the only one.")
    private boolean verbose;

    @Spec
    private CommandSpec command;

    /** Reads the list of faults. */
    static final class FaultList implements ITypeConverter<Set<FaultKind>> {
        @Override
        public Set<FaultKind> convert(String text) {
            try {
                return FaultKind.parse(text);
            } catch (IllegalArgumentException wrong) {
                throw new TypeConversionException(wrong.getMessage());
            }
        }
    }

    /** Reads a shard. */
    static final class ShardConverter implements ITypeConverter<Shard> {
        @Override
        public Shard convert(String text) {
            try {
                return Shard.parse(text);
            } catch (IllegalArgumentException wrong) {
                throw new TypeConversionException(wrong.getMessage());
            }
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        require(file != null, "Missing required parameter: 'FILE.dts'");
        require(jobs >= 1 && jobs <= 1024, "--jobs " + jobs + " is not in 1..1024");
        require(script != null || scriptPath.isEmpty(), "--script-path is for --script CLASS: name one");
        require(runs == null || runs >= 1, "--runs " + runs + " is less than 1");
        require(steps >= 1 && steps <= MOST_STEPS, "--steps " + steps + " is not in 1.." + MOST_STEPS);
        boolean all = strategy.kind() == StrategyName.Kind.EXHAUSTIVE;
        require(!all || faults.isEmpty(), "--strategy exhaustive knows no faults: leave --faults out");
        Shard part = part();
        require(!all || part.isWhole(), "--strategy exhaustive is one search: leave --shard out");
        /* Before any of a kernel's code is loaded: the steps of a send are points only then. */
        System.setProperty(SendProbe.SIMULATION, "true");
        MachineSpec tree = MachineFlags.read(file);
        Scenario scenario = Scenario.of(MachineFlags.nameOf(file), ipi == null ? tree : tree.withIpi(ipi), faults,
            steps, virtual == null ? Long.MAX_VALUE : TimeUnit.MILLISECONDS.toNanos(virtual.millis()))
            .with(script == null ? null : ScriptClass.load(script, scriptPath));
        Path recording = journal == null ? null : journal.toAbsolutePath().normalize();
        boolean isNew = recording != null && !Files.exists(recording);
        if (recording != null) {
            /* Now, and not when an hour of runs is over. */
            JournalPlace.make(recording);
        }
        try {
            return sweep(scenario, part, all, recording);
        } finally {
            if (isNew) {
                removeIfEmpty(recording);
            }
        }
    }

    private static void removeIfEmpty(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            if (files.findAny().isPresent()) {
                return;
            }
        }
        Files.delete(directory);
    }

    private int sweep(Scenario scenario, Shard part, boolean all, Path recording)
        throws IOException, InterruptedException {
        long first = seed != null ? seed : System.nanoTime() & 0xffff_ffffL;
        boolean one = seed != null && time == null && !all && part.isWhole();
        long most = runs != null ? runs : one ? 1 : Long.MAX_VALUE;
        long began = System.nanoTime();
        long millis = time != null ? time.millis() : all || most != Long.MAX_VALUE
            ? Long.MAX_VALUE / 2_000_000 : DEFAULT_MILLIS;
        Sweep sweep = new Sweep(scenario, strategy, first, part, most,
            began + TimeUnit.MILLISECONDS.toNanos(millis));
        int[] code = new int[1];
        /* Ctrl-C ends the sweep, and what came of it is printed all the same. */
        Interruptible.run(sweep::stop, () -> {
            sweep.start((int) Math.min(jobs, part.runs(most)));
            await(sweep, began);
            code[0] = new SweepReport(scenario, sweep, strategy, first, part, again(), System.out)
                .print(json, verbose, recording);
        });
        return code[0];
    }

    /** Which part of the sweep is this process's. */
    private Shard part() {
        Shard part = shard;
        if (part == null) {
            try {
                part = Shard.ofJob(System.getenv());
            } catch (IllegalArgumentException wrong) {
                throw new ParameterException(command.commandLine(), wrong.getMessage(), wrong);
            }
            if (part != null) {
                System.err.println("mk: shard " + part + ", as " + Shard.INDEX_VARIABLE + " and " + Shard.COUNT_VARIABLE
                    + " say");
            }
        }
        require(part == null || part.isWhole() || seed != null, "shard " + part + " needs --seed, the same for all "
            + "shards: with a seed of its own each would do other runs");
        return part == null ? Shard.WHOLE : part;
    }

    private void await(Sweep sweep, long began) throws InterruptedException {
        Progress progress = new Progress();
        try {
            while (!sweep.await(LOOK_MILLIS)) {
                progress.show(SweepReport.progress(sweep.totals(), System.nanoTime() - began));
                String where = sweep.stuck(TimeUnit.MILLISECONDS.toNanos(stuck.millis()));
                if (where != null) {
                    progress.clear();
                    System.out.println("again: " + again() + " --seed " + sweep.stuckSeed());
                    throw new MachineException(ExitCode.FAILED, where);
                }
            }
        } finally {
            progress.clear();
        }
        Throwable broken = sweep.broken();
        if (broken instanceof RuntimeException fault) {
            throw fault;
        }
        if (broken != null) {
            throw new IllegalStateException(broken);
        }
        System.err.println("mk: " + SweepReport.progress(sweep.totals(), System.nanoTime() - began));
    }

    /** The command that repeats a run, but for its seed. */
    private String again() {
        StringBuilder text = new StringBuilder("mk simulate ").append(file);
        if (!faults.isEmpty()) {
            text.append(" --faults ").append(String.join(",", faults.stream().map(FaultKind::label).toList()));
        }
        if (!strategy.equals(StrategyName.RANDOM)) {
            text.append(" --strategy ").append(strategy);
        }
        if (ipi != null) {
            text.append(" --ipi ").append(ipi);
        }
        if (steps != 1_000_000) {
            text.append(" --steps ").append(steps);
        }
        if (script != null) {
            text.append(" --script '").append(script).append('\'');
        }
        if (!scriptPath.isEmpty()) {
            text.append(" --script-path '").append(scriptPath).append('\'');
        }
        if (virtual != null) {
            text.append(" --for ").append(virtual.millis() / 1e3);
        }
        return text.toString();
    }

    private void require(boolean good, String message) {
        if (!good) {
            throw new ParameterException(command.commandLine(), message);
        }
    }
}
