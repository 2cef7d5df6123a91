// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The system's C compiler. */
public final class CCompiler {
    private static final String NAME = "cc";
    private static final long PATIENCE_SECONDS = 120;

    private CCompiler() {
    }

    /** What it calls itself, or null if there is none. */
    public static String version() throws InterruptedException {
        try {
            Process process = new ProcessBuilder(NAME, "--version").redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes()).strip();
            return process.waitFor() == 0 ? said.lines().findFirst().orElse(NAME) : null;
        } catch (IOException absent) {
            return null;
        }
    }

    /**
     * Compiles the C peers.
     *
     * @param sources  directory
     * @param commands told the command
     * @throws BenchException with the first line of what the compiler said
     */
    static Path compile(Path sources, Path directory, List<String> commands)
        throws IOException, BenchException, InterruptedException {
        Path program = directory.resolve("c-peers");
        Path log = directory.resolve("cc.log");
        List<String> command = new ArrayList<>(List.of(NAME, "-O2", "-std=gnu11", "-o", program.toString()));
        try (var files = Files.list(sources)) {
            files.filter(file -> file.toString().endsWith(".c")).sorted().map(Path::toString).forEach(command::add);
        }
        commands.add(NAME + " -O2 -std=gnu11 -o c-peers bench/src/main/c/*.c");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new BenchException("C peers: " + NAME + " does not end");
        }
        if (process.exitValue() != 0) {
            throw new BenchException("C peers: " + Files.readAllLines(log).stream().filter(line -> !line.isBlank())
                .findFirst().orElse(NAME + " failed with " + process.exitValue()));
        }
        return program;
    }
}
