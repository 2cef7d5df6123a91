// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

/** examples/c-peer, compiled. */
final class CPeer {
    static final Path EXAMPLE = Mk.root().resolve("examples/c-peer");
    private static final Path HEADERS = Mk.root().resolve("common/src/main/c");
    private static final String CC = Objects.requireNonNullElse(System.getenv("CC"), "cc");

    private CPeer() {
    }

    /** Compiles it; without a compiler the test ends here, and says so. */
    static Path compile(Mk mk) throws IOException, InterruptedException {
        assumeTrue(Procs.run("sh", "-c", "command -v " + CC + " >/dev/null"), "THE C PEER IS NOT TESTED: there is no "
            + "C compiler \"" + CC + "\"; install one (apt-get install gcc libc6-dev), or name it in CC");
        Path binary = mk.work().resolve("c-peer");
        assertTrue(Procs.run(CC, "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-I" + HEADERS, "-o",
            binary.toString(), EXAMPLE.resolve("c-peer.c").toString(), "-pthread"), "the C peer does not compile");
        return binary;
    }
}
