// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;

/** A command that runs, and its signals. */
final class MkProcess extends Program {
    private final Process process;
    private final List<Object> args;

    MkProcess(Process process, Object... args) {
        this.process = process;
        this.args = Arrays.asList(args);
        reader(() -> read(process.inputReader(), out));
        reader(() -> read(process.errorReader(), err));
    }

    /**
     * Not a virtual thread: a read of a pipe keeps its carrier, and where there are two of them, a process that runs on
     * and says nothing would hold up all other virtual threads, those of later processes too.
     */
    private static void reader(Runnable read) {
        Thread.ofPlatform().daemon().start(read);
    }

    private static void read(BufferedReader from, Lines to) {
        try (from) {
            for (String line = from.readLine(); line != null; line = from.readLine()) {
                to.add(line);
            }
        } catch (IOException broken) {
            to.add("(output lost: " + broken + ")");
        } finally {
            to.end();
        }
    }

    long pid() {
        return process.pid();
    }

    @Override
    boolean isAlive() {
        return process.isAlive();
    }

    /** Sends it a signal by name. */
    void signal(String name) throws IOException, InterruptedException {
        Procs.signal(name, pid());
    }

    /** Kills it and waits. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    @Override
    int awaitExit() throws IOException, InterruptedException {
        if (!process.waitFor(WATCHDOG_SECONDS, TimeUnit.SECONDS)) {
            signal("QUIT");
            process.waitFor(2, TimeUnit.SECONDS);
            fail("does not end\n" + describe());
        }
        return process.exitValue();
    }

    /** Waits for the end with this code. */
    MkProcess ends(int code) throws IOException, InterruptedException {
        return ends(given -> given == code, Integer.toString(code));
    }

    /** Waits for the end with one of these codes. */
    MkProcess ends(IntPredicate right, String codes) throws IOException, InterruptedException {
        endsWith(right, codes);
        return this;
    }

    @Override
    public String toString() {
        return "mk " + args + " (pid " + pid() + (isAlive() ? ", alive)" : ", exit code " + process.exitValue() + ")");
    }
}
