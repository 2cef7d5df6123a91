// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.client;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.Words;
import io.mkemu.host.life.AotCache;
import io.mkemu.host.life.HostLock;
import io.mkemu.host.life.InstanceCommand;
import io.mkemu.host.view.RunningMachines;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.os.Load;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Starts a host that outlives this process. It gets its tree on stdin, says {@link #READY} on stdout, or one line on
 * stderr, and has nothing of this process's from then on: no stream, no terminal, no working directory.
 */
public final class BackgroundHost {
    /** What it says when it is up. */
    public static final String READY = "mkemu: ready";
    private static final long END_SECONDS = 20;

    private final Process process;
    private final long deadline;

    private BackgroundHost(Process process, long deadline) {
        this.process = process;
        this.deadline = deadline;
    }

    /**
     * Refuses a name that is in use, or cannot be used: its directory is a link, or somebody else's.
     *
     * @throws MachineException as the host itself would say it
     */
    public static void requireFree(MachineDirectory directory) throws IOException {
        directory.requireSocketPath();
        /* Rights that the owner lacks are no reason: the host gives them back. */
        directory.checkOwner();
        if (RunningMachines.hasLiveHost(directory)) {
            throw HostLock.inUse(directory);
        }
    }

    /**
     * Starts it and waits until it is up.
     *
     * @param tree          of the machine
     * @param main          main class and arguments
     * @param timeoutMillis how long it may take
     * @throws MachineException as it says itself, with its exit code; or if it is not up in time, it is ended then
     */
    public static void start(MachineDirectory directory, String tree, List<String> main, long timeoutMillis)
        throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command(main)).directory(Path.of("/").toFile());
        if (builder.environment().containsKey("MKEMU_DIR")) {
            /* It may have been relative to the working directory that the host leaves. */
            builder.environment().put("MKEMU_DIR", MachineDirectory.base().toString());
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        new BackgroundHost(builder.start(), deadline).awaitReady(directory, tree, timeoutMillis);
    }

    private static List<String> command(List<String> main) {
        Path home = InstanceCommand.home().toAbsolutePath();
        List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@" + home.resolve("jvm.options"),
            "@" + home.resolve("host.options")));
        String options = System.getenv("MKEMU_JAVA_OPTS");
        if (options == null || options.isBlank()) {
            command.addAll(AotCache.options(home, "host"));
        } else {
            /* They may be such as do not go together with a cache. */
            command.addAll(Words.of("MKEMU_JAVA_OPTS", options));
        }
        command.addAll(List.of("-Dmkemu.home=" + home, "-cp",
            home.resolve("lib/host") + "/*:" + home.resolve("lib/instance") + "/*"));
        command.addAll(main);
        return command;
    }

    private void awaitReady(MachineDirectory directory, String tree, long timeoutMillis)
        throws IOException, InterruptedException {
        CompletableFuture<Boolean> ready = new CompletableFuture<>();
        CompletableFuture<List<String>> errors = new CompletableFuture<>();
        reader("ready", () -> ready.complete(lines(process.inputReader(), true).contains(READY)));
        reader("errors", () -> errors.complete(lines(process.errorReader(), false)));
        send(tree);
        try {
            if (!ready.get(left(), TimeUnit.NANOSECONDS)) {
                throw failed(directory, errors.get(left(), TimeUnit.NANOSECONDS));
            }
        } catch (TimeoutException late) {
            end();
            throw new MachineException(ExitCode.MACHINE, "machine \"" + directory.machine() + "\": its host is not up "
                + "after " + timeoutMillis / 1000.0 + " s and was ended: does a module of it hang? --timeout gives it "
                + "more (" + Load.now() + ")", late);
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        } catch (InterruptedException stop) {
            end();
            throw stop;
        }
    }

    private long left() {
        return Math.max(0, deadline - System.nanoTime());
    }

    private static void reader(String name, Runnable run) {
        Thread thread = new Thread(run, "host-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Lines up to the end, or to the one that says it is ready. */
    private static List<String> lines(BufferedReader from, boolean untilReady) {
        List<String> lines = new ArrayList<>();
        try {
            String line = from.readLine();
            while (line != null) {
                lines.add(line);
                line = untilReady && line.equals(READY) ? null : from.readLine();
            }
        } catch (IOException broken) {
            lines.add("mk: what the host said is lost: " + broken.getMessage());
        }
        return lines;
    }

    /** A host that does not even read it says why. */
    private void send(String tree) {
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(tree.getBytes(StandardCharsets.UTF_8));
        } catch (IOException ended) {
            return;
        }
    }

    private MachineException failed(MachineDirectory directory, List<String> errors) throws InterruptedException {
        if (!process.waitFor(left(), TimeUnit.NANOSECONDS)) {
            end();
        }
        int code = process.waitFor();
        String said = String.join(" ", errors).replaceFirst("^mk: ", "");
        return new MachineException(ExitCode.of(code), said.isEmpty() ? "machine \"" + directory.machine()
            + "\": the process of its host ended with exit code " + code + " and without a word" : said);
    }

    private void end() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
