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

/** One call of mk, to its end. Stateless; any thread. */
final class MkCall {
    private MkCall() {
    }

    /**
     * Carries it out.
     *
     * @return what it prints on stdout
     * @throws MachineTestException with what it says on stderr if its exit code is not 0, or it takes too long
     */
    static String run(List<String> words, Duration timeout) throws IOException {
        Process process = MkProgram.command(words).redirectInput(Redirect.from(new File("/dev/null"))).start();
        CompletableFuture<String> out = read(process.getInputStream());
        CompletableFuture<String> err = read(process.getErrorStream());
        try {
            if (!process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new MachineTestException(ExitCode.MACHINE, "mk " + String.join(" ", words)
                    + " has not ended after " + timeout.toSeconds() + " s");
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new MachineTestException(ExitCode.INTERRUPTED, "interrupted in mk " + String.join(" ", words), stop);
        } finally {
            process.destroyForcibly();
        }
        if (process.exitValue() != 0) {
            throw new MachineTestException(ExitCode.of(process.exitValue()),
                err.join().strip().replaceFirst("^mk: ", ""));
        }
        return out.join();
    }

    private static CompletableFuture<String> read(InputStream stream) {
        CompletableFuture<String> all = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try (stream) {
                all.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException broken) {
                all.complete("");
            }
        });
        return all;
    }
}
