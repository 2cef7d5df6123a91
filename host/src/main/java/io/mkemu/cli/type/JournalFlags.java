// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.abi.TraceMode;
import io.mkemu.host.MachineRun;
import io.mkemu.journal.JournalLimits;
import io.mkemu.plan.JournalOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Whether and how a machine is recorded. */
public final class JournalFlags {
    private static final Pattern AGE = Pattern.compile("([0-9]{1,9})([smhd])");

    @Option(names = "--journal", paramLabel = "DIR", description = "Records the machine into a journal in this "
        + "directory, which is made if it is not there; mk trace reads it.")
    private Path directory;

    @Option(names = "--journal-max", paramLabel = "SIZE[,AGE]", description = "What the "
        + "journal's directory keeps at most, as 1G or 1G,24h: its oldest files are deleted; default 1G.")
    private JournalLimits limits;

    @Option(names = "--trace", paramLabel = "MODE", description = "What is recorded: "
        + "off, lifecycle, ipi or all; needs --journal. By default what trace= on the host's command line says, else "
        + "ipi.")
    private TraceMode mode;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** The options, or null if nothing is recorded. */
    public JournalOptions options() {
        if (directory == null) {
            refuse(limits != null, "--journal-max");
            refuse(mode != null && mode != TraceMode.OFF, "--trace " + (mode == null ? "" : mode.label()));
            return null;
        }
        return new JournalOptions(directory.toAbsolutePath().normalize(), limits == null ? JournalLimits.DEFAULT
            : limits, mode);
    }

    private void refuse(boolean given, String option) {
        if (given) {
            throw new ParameterException(command.commandLine(),
                option + " needs a journal: say where it is to be with --journal DIR");
        }
    }

    /** Whether all that a run was to record is in its journal; says on stderr what is not. After the run. */
    public static boolean isWhole(MachineRun run) {
        if (run.journalTrouble() != null) {
            System.err.println("mk: " + run.journalTrouble());
        }
        return run.journalTrouble() == null;
    }

    /** The same flags for a host that another process is, wherever it works. */
    public List<String> arguments() {
        JournalOptions options = options();
        List<String> arguments = new ArrayList<>();
        if (options != null) {
            String age = options.limits().maxAge() == null ? "" : "," + options.limits().maxAge().toSeconds() + "s";
            arguments.addAll(List.of("--journal", options.directory().toString(), "--journal-max",
                options.limits().maxBytes() + age));
            if (mode != null) {
                arguments.addAll(List.of("--trace", mode.label()));
            }
        }
        return arguments;
    }

    /** Reads SIZE[,AGE]. */
    static JournalLimits limits(String text) {
        String[] parts = text.split(",", 2);
        return new JournalLimits(MemorySize.parse(parts[0]), parts.length < 2 ? null : age(parts[1]));
    }

    private static Duration age(String text) {
        Matcher parts = AGE.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("age '" + text + "': expected a number and s, m, h or d, as 24h");
        }
        return Duration.parse((parts.group(2).equals("d") ? "P" : "PT") + parts.group(1)
            + parts.group(2).toUpperCase(Locale.ROOT));
    }
}
