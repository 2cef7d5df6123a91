// SPDX-License-Identifier: Apache-2.0
package io.mkemu.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Another process of a test: a JVM with mkemu's flags on the test's class path. Its standard error is the test's. A
 * main class that calls {@link #endWithParent} first ends with the test's JVM at the latest. One thread talks with it.
 */
public final class ChildJvm implements AutoCloseable {
    /** Exit value of a process that was killed -9. */
    public static final int KILLED = 128 + 9;

    private final Process process;
    private final BufferedReader output;

    /** Starts a {@link #command}, which may stand in a longer one. */
    public ChildJvm(List<String> command) throws IOException {
        process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        output = process.inputReader();
    }

    /** Starts a main class. */
    public static ChildJvm start(Class<?> main, Object... arguments) throws IOException {
        return start(List.of(), main, arguments);
    }

    /** Starts a main class with further flags of the JVM. */
    public static ChildJvm start(List<String> flags, Class<?> main, Object... arguments) throws IOException {
        return new ChildJvm(command(flags, main, arguments));
    }

    /** What starts a main class with further flags of the JVM. */
    public static List<String> command(List<String> flags, Class<?> main, Object... arguments) {
        List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@" + script("jvm.options"), "-Xmx64m",
            "-cp", System.getProperty("java.class.path")));
        command.addAll(flags);
        command.add(main.getName());
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return command;
    }

    /** A file of the project's scripts. */
    public static Path script(String name) {
        for (Path at = Path.of(System.getProperty("user.dir")); at != null; at = at.getParent()) {
            Path file = at.resolve("scripts").resolve(name);
            if (Files.exists(file)) {
                return file;
            }
        }
        throw new IllegalStateException("no scripts/" + name + " above " + System.getProperty("user.dir"));
    }

    /** To be called by the child: ends it when the test's JVM is gone. */
    public static void endWithParent() {
        Thread.ofPlatform().daemon().name("parent-watch").start(() -> {
            try {
                while (System.in.read() >= 0) {
                    continue;
                }
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            } finally {
                Runtime.getRuntime().halt(1);
            }
        });
    }

    /** The next line it writes to its standard output; null at the end of that. */
    public String readLine() throws IOException {
        return output.readLine();
    }

    /** All lines that it writes to its standard output until that ends. */
    public List<String> readLines() {
        return output.lines().toList();
    }

    /** Lets it read a line from its standard input. */
    public void writeLine(String line) throws IOException {
        process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    /** Whether it runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Its process id. */
    public long pid() {
        return process.pid();
    }

    /** Kills it with SIGKILL and waits until the kernel has taken everything from it; its exit value. */
    public int kill() throws InterruptedException {
        return process.destroyForcibly().waitFor();
    }

    /** Waits for its end; its exit value. */
    public int waitFor() throws InterruptedException {
        return process.waitFor();
    }

    /** Kills it if it still runs, and waits for its end. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
