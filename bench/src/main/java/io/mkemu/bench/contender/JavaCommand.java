// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.contender;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of a JVM of the benchmark: the flags of mkemu's host, for the peers too. */
public final class JavaCommand {
    private static final Path DIST = Path.of("target", "dist");
    private static final Path LIB = Path.of("target", "bench", "lib");

    private JavaCommand() {
    }

    /**
     * A command.
     *
     * @param flags further ones
     */
    public static List<String> of(Class<?> main, List<String> flags, List<String> arguments) {
        return of(null, main, flags, arguments);
    }

    /**
     * A command that runs a class of another build.
     *
     * @param tree where it was built; null for this one
     */
    public static List<String> of(Path tree, Class<?> main, List<String> flags, List<String> arguments) {
        Path home = tree == null ? Path.of(System.getProperty("mkemu.home")) : tree.resolve(DIST);
        String classes = tree == null ? System.getProperty("java.class.path") : tree.resolve(LIB) + "/*";
        List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@" + home.resolve("jvm.options"),
            "@" + home.resolve("host.options")));
        command.addAll(flags);
        command.addAll(List.of("-Dmkemu.home=" + home, "-cp", classes, main.getName()));
        command.addAll(arguments);
        return command;
    }

    /** Whether a benchmark was built there. */
    public static boolean isBuilt(Path tree) {
        return Files.isDirectory(tree.resolve(DIST)) && Files.isDirectory(tree.resolve(LIB));
    }

    /** Whether the benchmark that was built there knows machines with modules in C. */
    public static boolean hasCModules(Path tree) {
        return Files.isDirectory(tree.resolve(LIB).resolveSibling("c").resolve("module"));
    }
}
