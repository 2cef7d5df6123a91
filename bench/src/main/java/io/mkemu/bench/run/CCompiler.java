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
    /** Program with the C peers. */
    static final String PEERS = "c-peers";
    /** Module that instances load in C. */
    static final String MODULE = "answer.so";

    private static final String MODULE_SOURCE = "module/answer.c";
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
     * Compiles the C peers to {@link #PEERS}.
     *
     * @param sources   directory
     * @param directory where the program is put
     * @param commands  told the command
     * @throws BenchException with the first line of what the compiler said
     */
    static void peers(Path sources, Path directory, List<String> commands)
        throws IOException, BenchException, InterruptedException {
        List<String> command =
            new ArrayList<>(List.of(NAME, "-O2", "-std=gnu11", "-o", directory.resolve(PEERS).toString()));
        try (var files = Files.list(sources)) {
            files.filter(file -> file.toString().endsWith(".c")).sorted().map(Path::toString).forEach(command::add);
        }
        commands.add(NAME + " -O2 -std=gnu11 -o " + PEERS + " bench/src/main/c/*.c");
        run("C peers", new ProcessBuilder(command), directory);
    }

    /** Compiles the module in C to {@link #MODULE}, as a user does: by mk cc. The rest is as for the peers. */
    static void module(Path sources, Path directory, List<String> commands)
        throws IOException, BenchException, InterruptedException {
        String mk = Path.of(System.getProperty("mkemu.home")).resolveSibling("../scripts/mk").normalize().toString();
        ProcessBuilder builder = new ProcessBuilder(mk, "cc", sources.resolve(MODULE_SOURCE).toString(), "-o",
            directory.resolve(MODULE).toString());
        /* scripts/bench has built what was stale. */
        builder.environment().put("MKEMU_NO_BUILD", "1");
        builder.environment().put("CC", NAME);
        builder.environment().put("MKEMU_JAVA_HOME", System.getProperty("java.home"));
        commands.add("scripts/mk cc bench/src/main/c/" + MODULE_SOURCE + " -o " + MODULE);
        run("module in C", builder, directory);
    }

    private static void run(String what, ProcessBuilder builder, Path directory)
        throws IOException, BenchException, InterruptedException {
        Path log = directory.resolve("cc.log");
        Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new BenchException(what + ": " + NAME + " does not end");
        }
        if (process.exitValue() != 0) {
            throw new BenchException(what + ": " + Files.readAllLines(log).stream().filter(line -> !line.isBlank())
                .findFirst().orElse(NAME + " failed with " + process.exitValue()));
        }
    }
}
