// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Another process of a test: a JVM with mkemu's flags. It ends with the test's JVM at the latest. */
public final class ChildJvm implements AutoCloseable {
    /** Exit value of a process that was killed -9. */
    public static final int KILLED = 128 + 9;

    private final Process process;
    private final BufferedReader output;

    private ChildJvm(Process process) {
        this.process = process;
        this.output = process.inputReader();
    }

    /** Starts a main class of the test class path. */
    public static ChildJvm start(Class<?> main, Object... arguments) throws IOException {
        return start(List.of(), main, arguments);
    }

    /** Starts a main class with further flags of the JVM. */
    public static ChildJvm start(List<String> flags, Class<?> main, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@" + options(), "-Xmx48m",
            "-cp", System.getProperty("java.class.path")));
        command.addAll(flags);
        command.add(main.getName());
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return new ChildJvm(new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
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

    /** To be called by the child: ends it when the test's JVM is gone. */
    public static void endWithParent() {
        Thread watch = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {
                    continue;
                }
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            } finally {
                Runtime.getRuntime().halt(1);
            }
        }, "parent-watch");
        watch.setDaemon(true);
        watch.start();
    }

    /** The next line it writes to its standard output; null at the end of that. */
    public String readLine() throws IOException {
        return output.readLine();
    }

    /** Whether it runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Its process id. */
    public long pid() {
        return process.pid();
    }

    /** Kills it with SIGKILL and waits until the kernel has taken everything from it. */
    public int kill() throws InterruptedException {
        return process.destroyForcibly().waitFor();
    }

    /** Waits for its end. */
    public int waitFor() throws InterruptedException {
        return process.waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
