// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.IpiMode;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.tree.DeviceTreeWriter;
import io.mkemu.tree.HostSpec;
import io.mkemu.tree.MachineSpec;
import io.mkemu.tree.Places;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a machine is made from: a device tree, or the pool's CPUs and memory. */
public final class MachineFlags {
    private static final String STDIN = "-";

    @Parameters(index = "0", arity = "0..1", paramLabel = "FILE.dts", description = "Device tree, or - for stdin; "
        + "its instances are loaded. Without it give --cpus and --memory.")
    private String file;

    @Option(names = "--machine", paramLabel = "NAME", description = "Name of the machine; by default the file's name "
        + "without .dts, or \"default\".")
    private String machine;

    @Option(names = {"-c", "--cpus"}, paramLabel = "LIST",
        description = "CPUs of the multikernel pool, as 0-3,5. The host runs on the lowest.")
    private CpuList cpus;

    @Option(names = {"-m", "--memory"}, paramLabel = "SIZE", converter = MemorySize.class,
        description = "Size of the multikernel pool, as 64M or 2GB.")
    private Long memory;

    @Option(names = "--ipi", paramLabel = "MAILBOX",
        description = "queued or single-slot; goes before the tree's.")
    private IpiMode ipi;

    @Option(names = "--ipi-slots", paramLabel = "N", description = "Slots of each queued mailbox's lane, "
        + MachineSpec.SLOTS + ".")
    private Integer slots;

    @Mixin
    private MemoryScale scale;

    @Mixin
    private ModulePaths modules;

    @Option(names = "--cmdline", paramLabel = "STRING", description = "Boot parameters of the host's kernel.")
    private String cmdline = "";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** Name and place of the machine. */
    public MachineDirectory directory() {
        return MachineDirectory.of(machine != null ? machine : nameOf(file));
    }

    /** Whether a tree is named. */
    public boolean hasTree() {
        return file != null;
    }

    /** Whether the tree comes by standard input. */
    public boolean readsStdin() {
        return STDIN.equals(file);
    }

    /** The name of a machine that a tree describes, which may be that of no file. */
    public static String nameOf(String file) {
        return file == null || file.equals(STDIN) ? "default"
            : Path.of(file).getFileName().toString().replaceFirst("\\.dt[sb]$", "");
    }

    /**
     * Reads a tree, and says on stderr what of it is not emulated.
     *
     * @param file its path, or - for stdin
     * @throws io.mkemu.dts.DeviceTreeException if the tree is wrong
     */
    public static MachineSpec read(String file) throws IOException {
        MachineSpec spec = file.equals(STDIN) ? MachineSpec.read("stdin", System.in) : MachineSpec.read(Path.of(file));
        if (!spec.kept().note().isEmpty()) {
            System.err.println("mk: " + spec.file() + ": note: " + spec.kept().note());
        }
        return spec;
    }

    /**
     * The machine.
     *
     * @throws io.mkemu.dts.DeviceTreeException if the tree is wrong
     */
    public MachineSpec spec() throws IOException {
        if (file == null) {
            return ofFlags();
        }
        if (cpus != null || memory != null || slots != null || !modules.all().isEmpty() || !cmdline.isEmpty()) {
            throw new ParameterException(command.commandLine(), "--cpus, --memory, --ipi-slots, --modules and --cmdline"
                + " are for a machine without a tree: with FILE.dts say it there");
        }
        MachineSpec tree = scale.of(read(file));
        return ipi == null ? tree : tree.withIpi(ipi);
    }

    private MachineSpec ofFlags() {
        scale.refuseWithoutTree(command);
        if (cpus == null || memory == null) {
            throw new ParameterException(command.commandLine(),
                "name a device tree, or the machine's pool: --cpus LIST and --memory SIZE");
        }
        if (slots != null && !MachineSpec.isSlots(slots)) {
            throw new ParameterException(command.commandLine(),
                "--ipi-slots " + slots + " is not " + MachineSpec.SLOTS);
        }
        return new MachineSpec("command line", cpus.cpus(), memory, OptionalLong.empty(),
            new HostSpec(cmdline, modules.all()), List.of(),
            slots == null ? OptionalInt.empty() : OptionalInt.of(slots), ipi == null ? IpiMode.QUEUED : ipi,
            Places.NONE);
    }

    /**
     * The machine as a tree.
     *
     * @throws MachineException if a tree cannot say it
     */
    public static String text(MachineSpec spec) {
        try {
            String text = DeviceTreeWriter.write(spec);
            /* Flags can say what a tree cannot: a control character, a module twice. */
            MachineSpec.parse(spec.file(), text, Path.of(""));
            return text;
        } catch (IllegalArgumentException wrong) {
            throw new MachineException(ExitCode.CONFIG, wrong.getMessage(), wrong);
        }
    }
}
