// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.module;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.kernel.ModuleLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mk module build}: makes the jar of a module of its sources, with the JDK that runs mk. */
@Command(name = "build", mixinStandardHelpOptions = true, header = "Compiles a kernel module in Java into a jar.",
    description = {
    "Compiles the sources of a project against the API of this mkemu, with debug information, and packs them with the "
        + "project's resources. The sources are in src/main/java and the resources in src/main/resources, or both, and "
        + "META-INF, in the directory itself. Needs no Maven; the JDK is the one that runs mk.",
    "Exit code 0: the jar is made; 6: the sources have errors, or name no module."},
    footer = {"", "Example: mk module build my-lock -o my-lock.jar"})
final class BuildModuleCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", arity = "0..1", defaultValue = ".", description = "The project; by default the "
        + "directory where you are.")
    private Path directory;

    @Option(names = "-o", paramLabel = "FILE.jar", description = "The jar; by default target/NAME.jar in the project, "
        + "or NAME.jar if the sources are in its directory itself. NAME is the directory's. What is there is replaced.")
    private Path output;

    @Spec
    private CommandSpec command;

    @Override
    public Integer call() throws IOException {
        if (output != null && !output.toString().endsWith(".jar")) {
            throw new ParameterException(command.commandLine(), "-o " + output
                + ": a module's name ends in .jar, by which mk load and a tree know it");
        }
        Path project = directory.toAbsolutePath().normalize();
        if (!Files.isDirectory(project)) {
            throw new MachineException(ExitCode.MODULE, project + " is no directory: name that of the project");
        }
        ModuleSources sources = ModuleSources.in(project);
        Path jar = output != null ? output : sources.defaultJar();
        if (!sources.pack(jar)) {
            return ExitCode.MODULE.code();
        }
        String problem = ModuleLoader.problem(jar.toAbsolutePath().toString());
        if (problem != null) {
            throw new MachineException(ExitCode.MODULE, jar + " " + problem);
        }
        System.out.println("built " + jar);
        return ExitCode.OK.code();
    }
}
