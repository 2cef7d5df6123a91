// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.ExitCode;
import io.mkemu.cli.type.MachineFlags;
import io.mkemu.cli.type.MachineOption;
import io.mkemu.host.client.RemoteHost;
import io.mkemu.json.Json;
import io.mkemu.tree.DeviceTreeWriter;
import io.mkemu.tree.MachineSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mk dump}: a machine as a device tree. */
@Command(name = "dump", mixinStandardHelpOptions = true, header = "Prints a machine as a device tree.", description = {
    "Prints the tree of a machine that runs, with the instances that it has now and what they are to run: mk init "
        + "or mk run makes the same machine of it. With FILE, the machine that this tree describes."},
    footer = {"", "Example: mk dump --machine lab > lab.dts"})
final class DumpCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "FILE", description = "Device tree, .dts or .dtb, or - for stdin, instead "
        + "of a machine that runs.")
    private String file;

    @Mixin
    private MachineOption machine;

    @ArgGroup
    private Format format = new Format();

    @Spec
    private CommandSpec command;

    /** One of the two, the source if neither is named. */
    static final class Format {
        @Option(names = "--dts", description = "As a source; the default.")
        private boolean source;

        @Option(names = "--dtb", description = "Compiled: bytes, for a file or another program.")
        private boolean compiled;
    }

    @Override
    public Integer call() throws IOException {
        if (file != null && machine.name() != null) {
            throw new ParameterException(command.commandLine(), "name FILE or --machine, not both");
        }
        MachineSpec spec = file != null ? MachineFlags.read(file) : ask();
        /* What a command line can say, a tree can perhaps not: refused before anything is printed. */
        String text = MachineFlags.text(spec);
        if (format.compiled) {
            System.out.writeBytes(DeviceTreeWriter.compile(spec));
        } else {
            System.out.print(text);
        }
        return ExitCode.OK.code();
    }

    private MachineSpec ask() throws IOException {
        try (RemoteHost host = RemoteHost.find(machine.name())) {
            String text = host.ask("dump", Json.object(), 0, line -> { }).path("tree").asText();
            return MachineSpec.parse("machine " + host.directory().machine(), text, Path.of(""));
        }
    }
}
