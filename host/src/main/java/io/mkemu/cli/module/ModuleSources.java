// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.module;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.life.InstanceCommand;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * What a module in Java is made of.
 *
 * @param project   its directory, absolute
 * @param java      its sources
 * @param resources where its resources are: all files in it, or META-INF only if the sources are there too
 */
record ModuleSources(Path project, List<Path> java, Path resources) {
    /* The same sources make the same bytes. A zip file has no time zone. */
    private static final LocalDateTime TIME = LocalDateTime.of(2026, 1, 1, 0, 0);
    private static final String RELEASE = "25";

    /**
     * Those in a directory.
     *
     * @throws MachineException if there are none
     */
    static ModuleSources in(Path project) throws IOException {
        Path nested = project.resolve("src/main/java");
        List<Path> java = Files.isDirectory(nested) ? files(nested, Integer.MAX_VALUE) : files(project, 1);
        java = java.stream().filter(file -> file.toString().endsWith(".java")).toList();
        if (java.isEmpty()) {
            throw new MachineException(ExitCode.MODULE, project + " has no sources: they are in src/main/java, or in "
                + "the directory itself; mk module new makes a project");
        }
        return new ModuleSources(project, java, Files.isDirectory(nested) ? project.resolve("src/main/resources")
            : project);
    }

    private static List<Path> files(Path directory, int depth) throws IOException {
        try (Stream<Path> all = Files.walk(directory, depth)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private boolean isFlat() {
        return resources.equals(project);
    }

    /** Where its jar is put if nothing else is said. */
    Path defaultJar() {
        String name = project.getFileName() + ".jar";
        Path jar = isFlat() ? project.resolve(name) : project.resolve("target").resolve(name);
        Path here = Path.of("").toAbsolutePath();
        return jar.startsWith(here) ? here.relativize(jar) : jar;
    }

    /**
     * Compiles it and makes the jar, which is put into its place when it is whole: a kernel that runs may have the
     * former one open.
     *
     * @return false if the sources have errors, which the compiler has printed on stderr
     * @throws MachineException if there is no compiler
     */
    boolean pack(Path jar) throws IOException {
        Path classes = Files.createTempDirectory("mkemu-module-");
        try {
            if (!compile(classes)) {
                return false;
            }
            Map<String, Path> entries = new TreeMap<>();
            if (Files.isDirectory(isFlat() ? resources.resolve("META-INF") : resources)) {
                files(isFlat() ? resources.resolve("META-INF") : resources, Integer.MAX_VALUE)
                    .forEach(file -> entries.put(resources.relativize(file).toString(), file));
            }
            files(classes, Integer.MAX_VALUE).forEach(file -> entries.put(classes.relativize(file).toString(), file));
            Path target = jar.toAbsolutePath();
            Files.createDirectories(target.getParent());
            Path made = Files.createFile(target.resolveSibling("." + target.getFileName() + "-"
                + ProcessHandle.current().pid()));
            try {
                write(entries, made);
                Files.move(made, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(made);
            }
            return true;
        } finally {
            delete(classes);
        }
    }

    private boolean compile(Path classes) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new MachineException(ExitCode.MODULE, "the Java of mk (" + System.getProperty("java.home") + ") has "
                + "no compiler: set MKEMU_JAVA_HOME to a JDK " + RELEASE + " or newer");
        }
        String api;
        try (Stream<Path> jars = Files.list(InstanceCommand.home().resolve("lib/instance"))) {
            api = jars.map(Path::toString).sorted().collect(Collectors.joining(":"));
        }
        List<String> options = new ArrayList<>(List.of("-g", "--release", RELEASE, "-Xlint:all", "-proc:none",
            "-encoding", "UTF-8", "-cp", api, "-d", classes.toString()));
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, Locale.ROOT,
            StandardCharsets.UTF_8)) {
            return compiler.getTask(null, files, null, options, null, files.getJavaFileObjectsFromPaths(java)).call();
        }
    }

    private static void write(Map<String, Path> entries, Path to) throws IOException {
        try (OutputStream file = Files.newOutputStream(to); JarOutputStream jar = new JarOutputStream(file)) {
            for (Map.Entry<String, Path> entry : entries.entrySet()) {
                JarEntry made = new JarEntry(entry.getKey());
                made.setTimeLocal(TIME);
                jar.putNextEntry(made);
                Files.copy(entry.getValue(), jar);
                jar.closeEntry();
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
