// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** mkemu's headers for C, each alone, all together, and beside the RFC's names, in each language that they promise. */
@Timeout(300)
class CHeadersIT {
    private static final Path HEADERS = Mk.root().resolve("common/src/main/c");
    private static final Path RFC = Mk.root().resolve("system-tests/src/test/c/rfc.h");

    @TempDir
    private Path directory;

    private static List<Path> headers() throws IOException {
        try (Stream<Path> files = Files.list(HEADERS)) {
            return files.filter(file -> file.toString().endsWith(".h")).sorted().toList();
        }
    }

    private static void need(String compiler) throws IOException, InterruptedException {
        assumeTrue(Procs.run("sh", "-c", "command -v " + compiler + " >/dev/null"), "THE C HEADERS ARE NOT COMPILED "
            + "WITH " + compiler + ": there is none; install it (apt-get install gcc g++ clang libc6-dev)");
    }

    private List<String> command(String compiler, String standard, String ending, List<Path> includes)
        throws IOException {
        StringBuilder source = new StringBuilder();
        for (Path header : includes) {
            source.append("#include \"").append(header).append("\"\n");
        }
        Path unit = Files.writeString(directory.resolve("unit." + ending), source.append("int unit(void);\n"));
        return List.of(compiler, "-std=" + standard, "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
            "-c", "-o", directory.resolve("unit.o").toString(), unit.toString());
    }

    /** Compilers learn the name gnu23 later than what it means. */
    private String named(String compiler, String standard) throws IOException, InterruptedException {
        boolean known = !standard.equals("gnu23")
            || Procs.run("sh", "-c", "echo 'int x;' | " + compiler + " -std=gnu23 -fsyntax-only -xc - 2>/dev/null");
        return known ? standard : "gnu2x";
    }

    @ParameterizedTest
    @CsvSource({"gcc, c99, c", "gcc, c11, c", "gcc, gnu23, c", "g++, c++17, cpp", "clang, c99, c", "clang, c11, c",
        "clang, gnu23, c", "clang++, c++17, cpp"})
    void theyCompileWithoutAWarning(String compiler, String standard, String ending) throws Exception {
        need(compiler);
        List<Path> all = headers();
        assertTrue(all.size() >= 7, all::toString);
        List<List<Path>> units = new ArrayList<>(all.stream().map(List::of).toList());
        units.add(all);
        units.add(all.reversed());
        units.add(Stream.concat(all.stream(), Stream.of(RFC)).toList());
        List<List<Path>> bad = new ArrayList<>();
        for (List<Path> unit : units) {
            List<String> command = command(compiler, named(compiler, standard), ending, unit);
            if (!Procs.run(command.toArray(String[]::new))) {
                bad.add(unit);
            }
        }
        assertEquals(List.of(), bad, "what the compiler says is above");
    }

    /** What modules in C include has other names than mkemu's headers, so that a unit may include both. */
    @Test
    void theyStandBesideTheHeadersOfModules() throws Exception {
        need("gcc");
        Path both = Files.writeString(directory.resolve("both.c"), "#include \"mkemu_pages.h\"\n"
            + "#include <linux/multikernel.h>\nint unit(void);\n");
        assertTrue(Procs.run("gcc", "-std=gnu11", "-Wall", "-Werror", "-fsyntax-only", "-I", HEADERS.toString(),
            "-I", Mk.root().resolve("native/src/main/c/include").toString(), both.toString()), "gcc says it above");
    }

    @Test
    void includedTooLateTheySayWhatToDo() throws Exception {
        need("gcc");
        Path late = Files.writeString(directory.resolve("late.c"),
            "#include <stdio.h>\n#include \"" + HEADERS.resolve("mkemu_pages.h") + "\"\n");
        Process gcc = new ProcessBuilder("gcc", "-std=c11", "-fsyntax-only", late.toString()).redirectErrorStream(true)
            .start();
        String said = new String(gcc.getInputStream().readAllBytes());
        assertEquals(1, gcc.waitFor(), said);
        assertTrue(said.contains("mkemu: include its headers before all others, or define _GNU_SOURCE"), said);
    }
}
