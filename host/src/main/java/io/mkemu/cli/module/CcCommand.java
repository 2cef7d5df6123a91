// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.module;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mk cc}: makes a kernel module of sources in C. */
@Command(name = "cc", mixinStandardHelpOptions = true, header = "Compiles a kernel module in C.", description = {
    "Compiles and links sources in C, written for Linux and the RFC's API, to a module that mk load and a tree take.",
    "It calls the system's C compiler (CC in the environment names another one) with mkemu's linux/ headers and no "
        + "others. What a module uses and mkemu does not offer is an error of the compiler or the linker that names "
        + "it. All options that are not listed here go to the compiler.",
    "Exit code 0: the module is made; 6: the sources have errors, or there is no compiler."},
    footer = {"", "Example: mk cc pagebell.c -DDEBUG -o pagebell.so"})
public final class CcCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "-o", paramLabel = "FILE.so", description = "The module; by default the first source's name with "
        + ".so, in the directory where you are. What is there is replaced.")
    private Path output;

    @Option(names = "--sanitize", description = "Find memory errors and undefined behaviour when they happen, by "
        + "AddressSanitizer and UndefinedBehaviorSanitizer: reports are in dmesg. Such a module is for kernel=native.")
    private boolean sanitize;

    @Option(names = "--verbose", description = "Print the compiler's command line on stderr.")
    private boolean verbose;

    @Parameters(paramLabel = "FILE.c|FLAG", description = "Sources, and options of the C compiler.")
    private List<String> words = new ArrayList<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<String> sources = words.stream().filter(word -> word.endsWith(".c") && !word.startsWith("-")).toList();
        if (sources.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "no source: name a file that ends in .c");
        }
        for (String source : sources) {
            if (!Files.isRegularFile(Path.of(source))) {
                throw new MachineException(ExitCode.MODULE, source + " is no file here: name a source in C");
            }
        }
        Path target = output != null ? output : Path.of(baseName(Path.of(sources.getFirst())) + ".so");
        if (!target.toString().endsWith(".so")) {
            throw new ParameterException(spec.commandLine(),
                "-o " + target + ": a module's name ends in .so, by which mk load and a tree know it");
        }
        return new CCompiler(sanitize, verbose).module(words, baseName(target), target);
    }

    private static String baseName(Path file) {
        String name = file.getFileName().toString();
        return name.substring(0, name.lastIndexOf('.'));
    }
}
