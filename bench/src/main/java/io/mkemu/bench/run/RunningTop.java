// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import io.mkemu.os.StoppedProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code mk top}, which takes ten samples a second of a machine, and stands still (SIGSTOP) between the measurements
 * that are to have it beside them: what it has compiled by then stays. One thread; {@link #close} may be called by any.
 */
final class RunningTop implements AutoCloseable {
    /** Its arguments behind the machine's. */
    static final List<String> ARGUMENTS = List.of("--json", "-d", "0.1");
    /** Who is stopped cannot see that this process is gone: the shell does, by the end of its stdin. */
    private static final String SHELL = "\"${@:3}\" </dev/null >\"$1\" 2>\"$2\" & echo $!; "
        + "read -r _; kill -KILL $!; wait";
    private static final long READY_NANOS = TimeUnit.SECONDS.toNanos(120);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Process shell;
    private final long pid;
    private final Path out;
    private final Path errors;

    private RunningTop(Process shell, Path out, Path errors) throws IOException {
        this.shell = shell;
        this.pid = Long.parseLong(shell.inputReader(StandardCharsets.UTF_8).readLine());
        this.out = out;
        this.errors = errors;
    }

    /** Starts it for the machine that lies there, by scripts/mk as a user does; it stands still when it has begun. */
    static RunningTop start(Path machine) throws IOException, BenchException, InterruptedException {
        String mk = Path.of(System.getProperty("mkemu.home")).resolveSibling("../scripts/mk").normalize().toString();
        Path out = machine.resolveSibling(machine.getFileName() + ".top");
        Path errors = machine.resolveSibling(machine.getFileName() + ".top.err");
        Files.createFile(out);
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", SHELL, "bash", out.toString(), errors.toString(), mk,
            "top", "--machine", machine.getFileName().toString());
        builder.command().addAll(ARGUMENTS);
        builder.environment().put("MKEMU_DIR", machine.getParent().toString());
        builder.environment().put("MKEMU_JAVA_HOME", System.getProperty("java.home"));
        RunningTop top = new RunningTop(builder.redirectError(ProcessBuilder.Redirect.DISCARD).start(), out, errors);
        try {
            top.awaitMore();
            top.stop();
            return top;
        } catch (BenchException | InterruptedException | IOException fault) {
            top.close();
            throw fault;
        }
    }

    /** Waits until it has printed another sample. */
    private void awaitMore() throws IOException, BenchException, InterruptedException {
        long before = Files.size(out);
        long begun = System.nanoTime();
        while (Files.size(out) == before) {
            if (System.nanoTime() - begun > READY_NANOS) {
                throw new BenchException("mk top prints no sample: "
                    + Files.readString(errors, StandardCharsets.UTF_8).strip());
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /** Lets it go on; it takes samples when this returns. */
    void resume() throws IOException, BenchException, InterruptedException {
        StoppedProcess.resume(pid);
        awaitMore();
    }

    /** Stops it where it is. */
    void stop() {
        StoppedProcess.stop(pid);
    }

    /** Ends it. */
    @Override
    public void close() {
        try {
            shell.getOutputStream().close();
            shell.waitFor();
        } catch (IOException gone) {
            /* It has ended already, as the rest of a stopped run does. */
            shell.destroyForcibly();
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }
}
