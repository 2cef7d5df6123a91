// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** Kernel modules in C, compiled by the command under test. */
final class CModule {
    private static final Path SOURCES = Mk.root().resolve("system-tests/src/test/c");
    /** What has been compiled of these, by name: a compiler and a JVM for each test would be most of its time. */
    private static final Map<String, byte[]> COMPILED = new ConcurrentHashMap<>();
    private static final String CC = Objects.requireNonNullElse(System.getenv("CC"), "cc");

    private CModule() {
    }

    /** A module of the tests' sources: {@code mk cc NAME.c}. Without a compiler the test ends here, and says so. */
    static Path of(Mk mk, String name) throws Exception {
        byte[] compiled = COMPILED.get(name);
        if (compiled != null) {
            return Files.write(mk.work().resolve(name + ".so"), compiled);
        }
        Path module = compile(mk, SOURCES.resolve(name + ".c"));
        COMPILED.put(name, Files.readAllBytes(module));
        return module;
    }

    /** A module of a text. */
    static Path of(Mk mk, String name, String source, String... options) throws Exception {
        return compile(mk, Files.writeString(mk.work().resolve(name + ".c"), source), options);
    }

    static void requireCompiler() throws Exception {
        assumeTrue(Procs.run("sh", "-c", "command -v " + CC + " >/dev/null"), "MODULES IN C ARE NOT TESTED: there is "
            + "no C compiler \"" + CC + "\"; install one (apt-get install gcc), or name it in CC");
    }

    private static Path compile(Mk mk, Path source, String... options) throws Exception {
        requireCompiler();
        String file = source.getFileName().toString();
        Path module = mk.work().resolve(file.substring(0, file.length() - 1) + "so");
        if (!Files.exists(module)) {
            List<Object> words = new ArrayList<>(List.of("cc", source, "-o", module));
            words.addAll(List.of(options));
            mk.start(words.toArray()).ends(0);
        }
        return module;
    }
}
