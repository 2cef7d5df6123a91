// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.cli;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.bench.contender.JavaCommand;
import io.mkemu.bench.micro.MicroRun;
import io.mkemu.bench.report.HtmlReport;
import io.mkemu.bench.report.JsonReport;
import io.mkemu.bench.report.MachineInfo;
import io.mkemu.bench.report.MarkdownReport;
import io.mkemu.bench.report.Report;
import io.mkemu.bench.report.TextReport;
import io.mkemu.bench.run.BenchRun;
import io.mkemu.bench.run.CCompiler;
import io.mkemu.bench.run.Comparison;
import io.mkemu.bench.run.Contender;
import io.mkemu.bench.run.Contender.Kind;
import io.mkemu.bench.run.Effort;
import io.mkemu.bench.run.OtherWork;
import io.mkemu.bench.run.Results;
import io.mkemu.cli.type.Interruptible;
import io.mkemu.cli.type.Progress;
import io.mkemu.host.life.AotCache;
import io.mkemu.os.Affinity;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code scripts/bench}. */
@Command(name = "bench", mixinStandardHelpOptions = true, header = "Measures what an IPI costs, beside its peers.",
    description = {"Round trips of 8, 64 and 256 bytes, one-way messages per second from 1, 2 and 4 senders, and what "
        + "an idle machine costs: of mkemu's whole path, from a send to the callback of its answer, and of other ways "
        + "to send bytes between two processes. All are up at the same time and take turns, round by round. And of "
        + "mkemu alone: what tracing costs (trace), what an mk top beside it costs (top), 1 MiB of pages beside a "
        + "memcpy (pages), what each layer of the path costs (budget), round trips beside up to 128 idle instances "
        + "(crowd), how long instances boot and what memory they take (boot), how long the command line takes "
        + "(verbs), how fast a machine is simulated (simulate).",
        "Without --quick it takes about ten minutes, of a machine that does nothing else."},
    exitCodeListHeading = "%nExit codes:%n", exitCodeList = {"  0:all was measured",
        "  1:something could not be measured, or --micro found an allocation", "  2:the command line is wrong",
        "  4:there is no place for the machines", "  5:no room: memory, file system; no C compiler for C peers alone",
        " 69:no JDK 25 found", " 70:mkemu itself is at fault, or its build failed"},
    footer = {"", "Example: scripts/bench --quick --json bench.json"})
final class BenchCommand implements Callable<Integer> {
    /** How much is measured. */
    static final class Amount {
        @Option(names = "--quick", description = "Less of all; top, pages, budget, crowd, boot, verbs and simulate "
            + "only if they are named: about two minutes.")
        private boolean quick;

        @Option(names = "--smoke", description = "Only whether all of it works; the numbers mean nothing.")
        private boolean smoke;
    }

    @ArgGroup
    private Amount amount = new Amount();

    @Option(names = "--micro", description = "Micro-benchmarks of what one side does instead (JMH), and whether it "
        + "allocates.")
    private boolean micro;

    @Option(names = "--only", paramLabel = "NAME", split = ",", description = "Only these: ${COMPLETION-CANDIDATES}; "
        + "or the beginning of some names, as mkemu.", completionCandidates = Names.class)
    private List<String> only;

    @Option(names = "--against", paramLabel = "DIR", split = ",", description = "Measure mkemu's machines in turns "
        + "with those of other builds too (NAME-DIR): directories in which scripts/bench has run.")
    private List<Path> against = List.of();

    @Option(names = "--cpus", paramLabel = "N", split = ",", description = "Host CPUs: the receiver's, then the "
        + "senders' in turn; by default all that this process may use.")
    private List<Integer> cpus;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the numbers to a file.")
    private Path json;

    @Option(names = "--html", paramLabel = "FILE", description = "Write the report with charts there; default "
        + "target/bench.html.")
    private Path html;

    @Option(names = "--markdown", paramLabel = "FILE", description = "Write the tables there; in a file that has the "
        + "marks for them, in their place.")
    private Path markdown;

    @Spec
    private CommandSpec command;

    @Override
    public Integer call() throws Exception {
        List<String> names = Names.select(only, command.commandLine());
        List<Integer> places = cpus();
        for (Path tree : against) {
            if (!JavaCommand.isBuilt(tree)) {
                throw new ParameterException(command.commandLine(), "--against " + tree
                    + " has no built benchmark: run scripts/bench --smoke there first");
            }
        }
        if (micro) {
            return MicroRun.run(amount.smoke, System.out) ? ExitCode.OK.code() : ExitCode.FAILED.code();
        }
        checkFiles();
        return bench(names, places);
    }

    /** What cannot be written is better known before the run than after it. */
    private void checkFiles() throws IOException {
        for (Path file : Stream.of(json, html, markdown).filter(Objects::nonNull).toList()) {
            Path directory = file.toAbsolutePath().getParent();
            if (Files.isDirectory(file) || !Files.isDirectory(directory) || !Files.isWritable(directory)) {
                throw new IOException(file + " cannot be written: "
                    + (Files.isDirectory(file) ? "it is a directory" : directory + " is no directory to write in"));
            }
        }
        if (markdown != null) {
            MarkdownReport.check(markdown);
        }
    }

    /** Where it runs: what the user says, else all CPUs that this process may use, ascending. */
    private List<Integer> cpus() {
        if (cpus == null) {
            return Affinity.allowed().stream().boxed().toList();
        }
        BitSet wanted = new BitSet();
        for (int cpu : cpus) {
            if (cpu < 0 || wanted.get(cpu) || !Affinity.allowed().get(cpu)) {
                throw new ParameterException(command.commandLine(), "--cpus " + cpu + " is "
                    + (cpu >= 0 && wanted.get(cpu) ? "there twice" : "not one of " + Affinity.allowed()));
            }
            wanted.set(cpu);
        }
        /* Whatever is started from here stays on these. */
        Affinity.set(wanted);
        return cpus;
    }

    private int bench(List<String> names, List<Integer> places) throws Exception {
        long begun = System.nanoTime();
        Effort effort = amount.smoke ? Effort.SMOKE : amount.quick ? Effort.QUICK : Effort.FULL;
        List<Contender> contenders = new ArrayList<>(Contender.all());
        contenders.removeIf(contender -> !names.contains(contender.name()));
        List<Contender> machines = contenders.stream().filter(one -> one.kind() == Kind.MKEMU).toList();
        long builds = against.stream().map(tree -> tree.toAbsolutePath().normalize().getFileName()).distinct().count();
        if (builds < against.size()) {
            throw new MachineException(ExitCode.USAGE, "--against: two builds lie in directories of one name, by which "
                + "the report names them: give one another name, or a link");
        }
        against.forEach(tree -> machines.stream().filter(one -> !one.hasCModule() || JavaCommand.hasCModules(tree))
            .forEach(one -> contenders.add(one.of(tree.toAbsolutePath().normalize()))));
        List<String> notes = new ArrayList<>();
        String compiler = CCompiler.version();
        if (compiler == null && contenders.removeIf(Contender::needsCompiler)) {
            notes.add("there is no C compiler (cc): peers and modules in C are not measured");
        }
        if (compiler != null && !hasNativeKernel() && contenders.removeIf(Contender::hasCModule)) {
            notes.add("this mkemu was built without a C compiler: modules in C are not measured; build it anew");
        }
        Set<Comparison> comparisons = comparisons(names);
        if (contenders.isEmpty() && comparisons.isEmpty()) {
            throw new MachineException(ExitCode.RESOURCES,
                "only what is in C was asked for, and there is no C compiler (cc), or mkemu was built without one: "
                    + "install gcc and build anew");
        }
        MachineInfo machine = MachineInfo.of(places, compiler);
        told(machine.others(), "before", notes);
        if (places.size() < 2) {
            notes.add("oversubscribed: there is one CPU, so both sides of every round trip share it");
        }
        if (amount.smoke) {
            notes.add("smoke mode: the numbers mean nothing");
        }
        if (comparisons.contains(Comparison.BOOT)
            && AotCache.options(Path.of(System.getProperty("mkemu.home")), "instance").isEmpty()) {
            notes.add("there is no AOT cache for this JDK, or it is switched off: instances boot without; see "
                + "scripts/mk --version");
        }
        Progress progress = new Progress();
        BenchRun run = new BenchRun(contenders, comparisons, effort, places, home().resolve("c"), progress::show);
        Results[] measured = new Results[1];
        try {
            Interruptible.run(run::stop, () -> measured[0] = run.run());
        } finally {
            progress.clear();
        }
        Results results = measured[0];
        told(OtherWork.look(), "after", notes);
        String restless = results.warmUps().stream().filter(warmed -> !warmed.isStable())
            .map(warmed -> warmed.name() + " (" + warmed.what() + ")").collect(Collectors.joining(", "));
        if (!restless.isEmpty()) {
            notes.add("not stable after the longest warm-up: " + restless);
        }
        Report report = new Report(results, machine, effort, typed(), run.commands(), notes);
        publish(report);
        System.out.println("took " + Duration.ofNanos(System.nanoTime() - begun).toSeconds() + " s");
        results.failures().forEach(line -> System.err.println("bench: " + line));
        return results.failures().isEmpty() ? ExitCode.OK.code() : ExitCode.FAILED.code();
    }

    /** Notes that a run was not alone; nothing of it runs when the look is taken. */
    private static void told(OtherWork others, String when, List<String> notes) {
        if (others.isMuch()) {
            notes.add(String.format(Locale.ROOT, "this machine was busy %s the run: others kept %.2f of its CPUs busy, "
                + "the hypervisor took %.2f away; do not rely on the numbers", when, others.busy(), others.stolen()));
        }
    }

    /** A quick run has no time for all of them. */
    private Set<Comparison> comparisons(List<String> names) {
        Set<Comparison> wanted = EnumSet.noneOf(Comparison.class);
        for (Comparison comparison : Comparison.values()) {
            boolean wantsTime = amount.quick && only == null && comparison != Comparison.TRACE;
            if (names.contains(comparison.label()) && !wantsTime) {
                wanted.add(comparison);
            }
        }
        return wanted;
    }

    private void publish(Report report) throws IOException {
        TextReport.print(report, System.out);
        Path page = html == null ? home().resolveSibling("bench.html") : html;
        write(page, HtmlReport::write, report);
        System.out.println("report: " + page);
        if (json != null) {
            write(json, JsonReport::write, report);
        }
        if (markdown != null) {
            write(markdown, MarkdownReport::write, report);
        }
    }

    private interface Writer {
        void write(Report report, Path file) throws IOException;
    }

    /** A full disk is told by an exception that has no file's name. */
    private static void write(Path file, Writer writer, Report report) throws IOException {
        try {
            writer.write(report, file);
        } catch (FileSystemException named) {
            throw named;
        } catch (IOException failed) {
            throw new IOException(file + " cannot be written: " + failed.getMessage(), failed);
        }
    }

    /** What the user typed, as far as it can be told. */
    private String typed() {
        return ("scripts/bench " + String.join(" ", command.commandLine().getParseResult().originalArgs())).strip();
    }

    private static boolean hasNativeKernel() {
        return Files.isExecutable(Path.of(System.getProperty("mkemu.home"), "lib", "native", "mkemu-kernel"));
    }

    /** The directory that holds the benchmark's jars and C sources. */
    private static Path home() {
        String home = System.getProperty("mkemu.bench.home");
        if (home == null || !Files.isDirectory(Path.of(home, "c"))) {
            throw new MachineException(ExitCode.INTERNAL, "-Dmkemu.bench.home=" + home
                + " is no built benchmark; start it with scripts/bench");
        }
        return Path.of(home);
    }
}
