// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.life.InstanceProcess;
import io.mkemu.tree.InstanceSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a limit of threads does to the start of an instance: nothing of it is left. */
@Timeout(300)
class InstanceProcessTest {
    @TempDir
    private Path directory;
    @RegisterExtension
    private final TestHost box = TestHost.make();

    private static OutOfMemoryError noThread() {
        return new OutOfMemoryError("unable to create native thread: possibly out of memory or process/resource limits "
            + "reached");
    }

    private InstanceProcess life(ThreadFactory threads, InstanceProcess.Starter starter) {
        InstanceSpec spec = box.host().instances().getFirst().spec();
        return new InstanceProcess(box.machine(), spec, false, (life, how) -> { }, threads, starter);
    }

    private static void refused(InstanceProcess life) {
        MachineException refused = assertThrows(MachineException.class, life::exec);
        assertEquals(ExitCode.RESOURCES, refused.exitCode());
        assertTrue(refused.getMessage().matches("cannot start the process of instance web: no further thread can be "
            + "started: .*ulimit -u\\).*see mk doctor"), refused.getMessage());
        assertEquals(0, life.pid());
    }

    /** What the JVM said before it ended is the reason, and a limit of threads is named. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "Error occurred during initialization of VM\\nCannot create VM thread. Out of system resources. "
            + "| .*ulimit -u.*",
        "Error occurred during initialization of VM\\njava.lang.OutOfMemoryError: unable to create native thread: x "
            + "| .*no further thread can be started: .*ulimit -u.*",
        "Error occurred during initialization of VM\\nUnexpected exception when loading aot-linked classes. "
            + "| .*: Unexpected exception when loading aot-linked classes.; see mk doctor",
        "just a line | ended with exit code 1"})
    void aJvmThatCannotStartIsToldByItsOwnWords(String said, String reason) throws Exception {
        CompletableFuture<String> over = new CompletableFuture<>();
        InstanceSpec spec = box.host().instances().getFirst().spec();
        new InstanceProcess(box.machine(), spec, false, (life, how) -> over.complete(how), Thread::new,
            builder -> new ProcessBuilder("sh", "-c", "printf '" + said + "\\n'; exit 1").start()).exec();
        String how = over.get();
        assertTrue(how.startsWith("ended with exit code 1") && how.matches(reason), how);
    }

    /** Each of the threads in turn, none of which is left waiting. */
    @Test
    void noProcessIsStartedThatNobodyCouldLookAfter() throws InterruptedException {
        for (int good = 0; good < 3; good++) {
            List<Thread> made = new ArrayList<>();
            int fails = good;
            refused(life(work -> {
                Thread thread = made.size() < fails ? new Thread(work) : new Thread(work) {
                    @Override
                    public void start() {
                        throw noThread();
                    }
                };
                made.add(thread);
                return thread;
            }, builder -> {
                throw new AssertionError("forked");
            }));
            assertEquals(good + 1, made.size());
            for (Thread thread : made) {
                thread.join();
            }
        }
    }

    /** The JDK forks, and then finds no thread that waits for the child. */
    @Test
    void aChildIsEndedIfWhatComesAfterTheForkFails() throws Exception {
        Path program = Files.writeString(directory.resolve("program"), "#!/bin/sh\nread line\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        Process[] forked = new Process[1];
        refused(life(Thread::new, builder -> {
            List<String> command = new ArrayList<>(builder.command());
            command.set(0, program.toString());
            forked[0] = new ProcessBuilder(command).start();
            throw noThread();
        }));
        assertTrue(forked[0].waitFor(50, TimeUnit.SECONDS), "the child is still there");
        assertEquals(128 + 9, forked[0].exitValue());
    }
}
