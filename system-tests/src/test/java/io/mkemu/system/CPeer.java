// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

/** Kernels in C that tests compile: examples/c-peer, and those of src/test/c. */
final class CPeer {
    static final Path EXAMPLE = Mk.root().resolve("examples/c-peer");
    private static final Path HEADERS = Mk.root().resolve("common/src/main/c");
    private static final String CC = Objects.requireNonNullElse(System.getenv("CC"), "cc");

    private CPeer() {
    }

    /** Compiles the example; without a compiler the test ends here, and says so. */
    static Path compile(Mk mk) throws IOException, InterruptedException {
        return compile(mk, EXAMPLE.resolve("c-peer.c"));
    }

    /** The same for a source of src/test/c. */
    static Path compile(Mk mk, String source) throws IOException, InterruptedException {
        return compile(mk, Mk.root().resolve("system-tests/src/test/c").resolve(source));
    }

    private static Path compile(Mk mk, Path source) throws IOException, InterruptedException {
        assumeTrue(Procs.run("sh", "-c", "command -v " + CC + " >/dev/null"), "THE C PEER IS NOT TESTED: there is no "
            + "C compiler \"" + CC + "\"; install one (apt-get install gcc libc6-dev), or name it in CC");
        Path binary = mk.work().resolve(source.getFileName().toString().replace(".c", ""));
        assertTrue(Procs.run(CC, "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-I" + HEADERS, "-o",
            binary.toString(), source.toString(), "-pthread"), () -> source + " does not compile");
        return binary;
    }
}
