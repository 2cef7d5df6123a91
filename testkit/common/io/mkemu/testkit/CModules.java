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
        Path core = Path.of("target/native/libmkemu-core.so").toAbsolutePath();
        try (Stream<Path> files = Files.list(sources().resolve("core"))) {
            Files.createDirectories(core.getParent());
            /* Aside: another test's JVM may load it now. */
            Path made = Files.createTempFile(core.getParent(), "core", ".so");
            List<String> command = new ArrayList<>(List.of("cc", "-std=gnu11", "-O2", "-g", "-fPIC", "-shared",
                "-pthread", "-fvisibility=hidden",
                "-I" + sources().resolve("include"), "-I" + sources().resolve("core"),
                "-o", made.toString()));
            files.map(Path::toString).filter(file -> file.endsWith(".c")).sorted().forEach(command::add);
            command.add("-ldl");
            run(command);
            Files.move(made, core, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return core;
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        }
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

    /** As {@link #build(Path, Path, String...)}, of this file alone: what each module has from mkemu is not in it. */
    public static Path buildAlone(Path source, Path into, String... options) {
        return build(source, into, false, options);
    }

    private static Path build(Path source, Path into, boolean whole, String... options) {
        require();
        String name = source.getFileName().toString().replaceFirst("\\.c$", "");
        Path made = into.resolve(name + ".so");
        List<String> command = new ArrayList<>(List.of("cc", "-std=gnu11", "-O2", "-g", "-fPIC", "-shared",
            "-fvisibility=hidden", "-Wno-pointer-sign", "-fno-strict-aliasing", "-fno-common", "-fwrapv",
            "-ffreestanding", "-fno-stack-protector", "-D__KERNEL__", "-DMODULE", "-DKBUILD_MODNAME=\"" + name + "\"",
            "-I" + sources().resolve("include")));
        command.addAll(List.of(options));
        command.addAll(List.of("-o", made.toString(), source.toAbsolutePath().toString()));
        if (whole) {
            command.add(sources().resolve("include/mkemu_kmod.c").toString());
        }
        run(command);
        return made;
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
