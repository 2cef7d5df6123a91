// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.os.OsProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Processes of tests: JVMs with mkemu's flags that end with the test's JVM at the latest. */
final class KernelProcess {
    /** Exit value of a process that was killed -9. */
    static final int KILLED = 128 + 9;

    private KernelProcess() {
    }

    /** Starts a main class of the test class path, which calls {@link #endWithParent} first. */
    static Process start(Class<?> main, Object... arguments) throws IOException {
        return start(List.of(), main, arguments);
    }

    /** As {@link #start(Class, Object...)}, with options for the JVM. */
    static Process start(List<String> jvmOptions, Class<?> main, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@" + options(), "-Xmx64m"));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static Path options() {
        for (Path at = Path.of(System.getProperty("user.dir")); at != null; at = at.getParent()) {
            Path options = at.resolve("scripts/jvm.options");
            if (Files.exists(options)) {
                return options;
            }
        }
        throw new IllegalStateException("no scripts/jvm.options above " + System.getProperty("user.dir"));
    }

    /** For the process: ends it when the test's JVM is gone. */
    static void endWithParent() {
        Thread.ofPlatform().daemon().name("parent-watch").start(() -> {
            try {
                while (System.in.read() >= 0) {
                    continue;
                }
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            } finally {
                OsProcess.exitNow(1);
            }
        });
    }
}
