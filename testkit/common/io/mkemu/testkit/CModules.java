// SPDX-License-Identifier: Apache-2.0
package io.mkemu.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Modules in C for tests, and the core that they run on, made by cc when a test first wants them. Without a cc such
 * tests are skipped, and stderr says so.
 */
public final class CModules {
    private static final String CORE_PROPERTY = "mkemu.core";
    private static final boolean HAS_COMPILER = hasCompiler();
    private static Path kernel;

    private CModules() {
    }

    private static boolean hasCompiler() {
        try {
            return new ProcessBuilder("cc", "--version").redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException none) {
            return false;
        } catch (InterruptedException stop) {
            throw new IllegalStateException(stop);
        }
    }

    /** The checkout. */
    public static Path root() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(at.resolve("common/src/main"))) {
            at = at.getParent();
        }
        return at;
    }

    private static Path sources() {
        return root().resolve("native/src/main/c");
    }

    /** Skips the test where no cc is, else sees to it that this process has a core. */
    public static synchronized void require() {
        if (!HAS_COMPILER) {
            System.err.println("SKIPPED: modules in C are not tested here, there is no cc; install gcc");
        }
        assumeTrue(HAS_COMPILER, "there is no cc on this system");
        if (System.getProperty(CORE_PROPERTY) == null) {
            System.setProperty(CORE_PROPERTY, makeCore().toString());
        }
    }

    private static Path makeCore() {
        return make("libmkemu-core.so", List.of("core"), "-shared");
    }

    /** The kernel without a JVM, made when a test of this process first wants it. */
    public static synchronized Path kernel() {
        require();
        if (kernel == null) {
            kernel = make("mkemu-kernel", List.of("core", "kernel"));
        }
        return kernel;
    }

    /** As scripts/lib/native.sh makes it. */
    private static Path make(String name, List<String> directories, String... options) {
        List<String> command = new ArrayList<>(List.of("-O2", "-g1", "-fPIC", "-pthread", "-fno-omit-frame-pointer",
            "-fvisibility=hidden", "-I" + root().resolve("common/src/main/c"), "-I" + sources().resolve("core"),
            "-ldl"));
        command.addAll(List.of(options));
        List<Path> files = new ArrayList<>();
        for (String directory : directories) {
            files.addAll(below(sources().resolve(directory)));
        }
        files.removeIf(file -> !file.toString().endsWith(".c"));
        return compile(Path.of("target/native"), name, command, files);
    }

    private static List<Path> below(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        }
    }

    /**
     * Compiles, unless a former test has, of these very files: cc takes seconds, and each test class is a JVM.
     *
     * @param kept where what is made of these files stays
     * @param name of what is made
     */
    private static Path compile(Path kept, String name, List<String> options, List<Path> files) {
        List<String> command = new ArrayList<>(List.of("cc", "-std=gnu11", "-I" + sources().resolve("include")));
        files.forEach(file -> command.add(file.toString()));
        command.addAll(options);
        Path made = kept.resolve(Integer.toHexString(command.hashCode())).resolve(name).toAbsolutePath();
        try {
            if (!isFresh(made, files)) {
                Files.createDirectories(made.getParent());
                /* Aside: another test's JVM may use it now. */
                Path aside = Files.createTempFile(made.getParent(), name, "");
                command.addAll(List.of("-o", aside.toString()));
                run(command);
                Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rwxr-xr-x"));
                Files.move(aside, made, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
            return made;
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        }
    }

    /** Whether it was made after the last change of what it is made of; the headers are of these two directories. */
    private static boolean isFresh(Path made, List<Path> files) throws IOException {
        if (!Files.exists(made)) {
            return false;
        }
        FileTime time = Files.getLastModifiedTime(made);
        List<Path> all = new ArrayList<>(files);
        all.addAll(below(sources()));
        all.addAll(below(root().resolve("common/src/main/c")));
        for (Path file : all) {
            if (Files.getLastModifiedTime(file).compareTo(time) >= 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Makes a module as mk cc does.
     *
     * @param source  a C file
     * @param into    directory of the shared object, which has the source's name
     * @param options further ones of cc
     */
    public static Path build(Path source, Path into, String... options) {
        return build(source, into, true, options);
    }

    /** A module of the checkout, made when a test first wants it; the file is for all tests, and not to be changed. */
    public static Path made(String source) {
        require();
        return compileModule(root().resolve(source), Path.of("target/native"), true);
    }

    /** As {@link #build(Path, Path, String...)}, of this file alone: what each module has from mkemu is not in it. */
    public static Path buildAlone(Path source, Path into, String... options) {
        return build(source, into, false, options);
    }

    private static Path build(Path source, Path into, boolean whole, String... options) {
        require();
        /* What a test has just written is not kept: nobody would ever find it again. */
        Path kept = source.toAbsolutePath().startsWith(root()) ? Path.of("target/native") : into.resolve("made");
        Path made = compileModule(source, kept, whole, options);
        try {
            return Files.copy(made, into.resolve(made.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        }
    }

    private static Path compileModule(Path source, Path kept, boolean whole, String... options) {
        String name = source.getFileName().toString().replaceFirst("\\.c$", "");
        List<String> all = new ArrayList<>(List.of("-O2", "-g", "-fPIC", "-shared", "-fvisibility=hidden",
            "-Wno-pointer-sign", "-fno-strict-aliasing", "-fno-common", "-fwrapv", "-ffreestanding",
            "-fno-stack-protector", "-D__KERNEL__", "-DMODULE", "-DKBUILD_MODNAME=\"" + name + "\""));
        all.addAll(List.of(options));
        List<Path> files = new ArrayList<>(List.of(source.toAbsolutePath()));
        if (whole) {
            files.add(sources().resolve("include/mkemu_kmod.c"));
        }
        return compile(kept, name + ".so", all, files);
    }

    private static void run(List<String> command) {
        try {
            Process cc = new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(cc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, cc.waitFor(), () -> String.join(" ", command) + "\n" + said);
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        } catch (InterruptedException stop) {
            throw new IllegalStateException(stop);
        }
    }
}
