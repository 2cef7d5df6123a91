// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.ExitCode;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One call of mk that has ended.
 *
 * @param exitCode what it ended with
 * @param out      what it printed on stdout
 * @param err      and on stderr
 */
record MkCall(int exitCode, String out, String err) {
    /**
     * Carries it out.
     *
     * @throws MachineTestException if it cannot be started or takes too long; it is killed then
     */
    static MkCall run(List<String> words, Duration timeout) {
        Process process = null;
        try {
            process = MkProgram.command(words).redirectInput(Redirect.from(new File("/dev/null"))).start();
            CompletableFuture<String> out = read(process.getInputStream());
            CompletableFuture<String> err = read(process.getErrorStream());
            if (!process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new MachineTestException(ExitCode.MACHINE, "mk " + String.join(" ", words)
                    + " has not ended after " + timeout.toSeconds() + " s");
            }
            return new MkCall(process.exitValue(), out.join(), err.join());
        } catch (IOException refused) {
            throw new MachineTestException(ExitCode.MACHINE, "mk " + words.getFirst() + ": " + refused.getMessage(),
                refused);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new MachineTestException(ExitCode.INTERRUPTED, "interrupted in mk " + String.join(" ", words), stop);
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }

    private static CompletableFuture<String> read(InputStream stream) {
        CompletableFuture<String> all = new CompletableFuture<>();
        /* No virtual thread: where all carriers wait, it would not read, and mk would not end. */
        Thread.ofPlatform().daemon().name("mk-output").start(() -> {
            try (stream) {
                all.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException broken) {
                all.completeExceptionally(broken);
            }
        });
        return all;
    }

    /** The line that it refused with. */
    MachineTestException refusal() {
        return new MachineTestException(ExitCode.of(exitCode), err.strip().replaceFirst("^mk: ", ""));
    }
}
