// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.BootParameters;
import io.mkemu.ipi.SendProbe;
import io.mkemu.kernel.InstanceMain;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.plan.JvmOptions;
import io.mkemu.record.RecordedInstanceMain;
import io.mkemu.table.ResourceProbe;
import io.mkemu.tree.InstanceSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line that boots an instance. */
public final class InstanceCommand {
    private InstanceCommand() {
    }

    /** The distribution this process runs from: jvm.options and lib/instance lie in it. */
    public static Path home() {
        String home = System.getProperty("mkemu.home");
        if (home == null || !Files.isRegularFile(Path.of(home, "jvm.options"))) {
            throw new MachineException(ExitCode.INTERNAL, "-Dmkemu.home=" + home
                + " is no mkemu distribution (it has no jvm.options); start mkemu with scripts/mk");
        }
        return Path.of(home);
    }

    /**
     * As {@link #of}, for a child of this process: what it writes to stderr is read here.
     *
     * @param debugs whether it waits for a debugger
     * @param spec   of the instance: its id, modules and options of its JVM
     */
    static List<String> ofChild(KernelKind kernel, boolean debugs, MachineDirectory directory, InstanceSpec spec,
        String cmdline) {
        List<String> command = of(kernel, directory, spec.id(), cmdline, spec.modules());
        if (kernel == KernelKind.JVM) {
            command.addAll(command.indexOf("-cp"), JvmOptions.arguments(spec.jvmOptions()));
        }
        command.add(1, kernel == KernelKind.NATIVE ? "--child" : "-D" + InstanceMain.CHILD_PROPERTY + "=true");
        if (debugs) {
            command.addAll(1, DebuggerWait.options(kernel));
        }
        return command;
    }

    /**
     * The command line of an instance's process, with this process's JDK and distribution.
     *
     * @param cmdline of the life it is for
     * @throws MachineException if this process does not run from a distribution
     */
    public static List<String> of(KernelKind kernel, MachineDirectory directory, int instanceId, String cmdline,
        List<String> modules) {
        if (kernel == KernelKind.NATIVE) {
            if (!Files.isExecutable(KernelKind.program())) {
                throw new MachineException(ExitCode.MODULE, "there is no native kernel (" + KernelKind.program()
                    + "): mkemu was built without a C compiler; install gcc and build it again, or use kernel=jvm");
            }
            List<String> command = new ArrayList<>(List.of(KernelKind.program().toString(),
                directory.path().toString(), Integer.toString(instanceId), cmdline));
            command.addAll(modules);
            return command;
        }
        List<String> command = jvm();
        /* A crash report goes where it is cleared away with the machine, not into the user's directory. */
        command.add("-XX:ErrorFile=" + directory.crash(instanceId));
        BootParameters parameters = BootParameters.parse(cmdline);
        for (String hook : List.of(SendProbe.PARAMETER, ResourceProbe.PARAMETER)) {
            if (parameters.has(hook)) {
                command.add("-D" + hook + "=" + parameters.get(hook));
            }
        }
        command.addAll(List.of("-cp", classPath(), RecordedInstanceMain.class.getName(),
            directory.path().toString(), Integer.toString(instanceId), cmdline));
        command.addAll(modules);
        if (AotCache.isRecording()) {
            /* A class that the cache does not have costs the next kernel the opening of all jars. */
            command.add("echo");
            command.add(1, "-D" + InstanceMain.REHEARSAL_PROPERTY + "=true");
        }
        return command;
    }

    /** A JVM with the options that an instance's has. */
    private static List<String> jvm() {
        Path home = home();
        List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@" + home.resolve("jvm.options"),
            "@" + home.resolve("instance.options"), "-Dmkemu.home=" + home));
        command.addAll(AotCache.options(home, "instance"));
        return command;
    }

    private static String classPath() {
        return home().resolve("lib/instance") + "/*";
    }

    /**
     * The command line of a process with the class path and the options of an instance.
     *
     * @param errorFile where a crash report of the JVM goes
     * @param options   of the JVM behind those of an instance
     * @param main      its main class
     * @throws MachineException if this process does not run from a distribution
     */
    public static List<String> of(Path errorFile, List<String> options, Class<?> main, List<String> arguments) {
        List<String> command = jvm();
        command.addAll(JvmOptions.arguments(options));
        command.addAll(List.of("-XX:ErrorFile=" + errorFile, "-cp", classPath(), main.getName()));
        command.addAll(arguments);
        return command;
    }
}
