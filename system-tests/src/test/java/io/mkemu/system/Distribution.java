// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/** The distribution under test, and copies of it. */
final class Distribution {
    private static final Path JDK = Path.of(System.getProperty("java.home"));

    private Distribution() {
    }

    /** The one under test. */
    static Path home() {
        return Path.of(System.getProperty("mkemu.home")).toAbsolutePath();
    }

    /** Makes a copy without AOT caches, and returns where it lies. */
    static Path copy(Path to) throws IOException {
        for (String part : List.of("jvm.options", "host.options", "instance.options", "verbs.options", "examples",
            "lib")) {
            Trees.copy(home().resolve(part), to.resolve(part));
        }
        return to;
    }

    /** A copy that says that it is of another version, and is the same otherwise. */
    static Path copyOfVersion(Path to, String version) throws IOException {
        copy(to);
        List<Path> jars;
        try (Stream<Path> all = Files.list(to.resolve("lib/host"))) {
            jars = all.filter(jar -> jar.getFileName().toString().startsWith("mkemu-host-")).toList();
        }
        assertEquals(1, jars.size(), jars::toString);
        Path old = Files.move(jars.getFirst(), to.resolve("old.jar"));
        try (JarFile from = new JarFile(old.toFile())) {
            Manifest manifest = from.getManifest();
            manifest.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_VERSION, version);
            try (OutputStream file = Files.newOutputStream(jars.getFirst());
                JarOutputStream jar = new JarOutputStream(file, manifest)) {
                for (JarEntry entry : from.stream().filter(one -> !isManifest(one)).toList()) {
                    jar.putNextEntry(new JarEntry(entry.getName()));
                    try (InputStream bytes = from.getInputStream(entry)) {
                        bytes.transferTo(jar);
                    }
                    jar.closeEntry();
                }
            }
        }
        Files.delete(old);
        return to;
    }

    private static boolean isManifest(JarEntry entry) {
        return entry.getName().equals(JarFile.MANIFEST_NAME);
    }

    /** The command that is mk of a distribution. */
    static List<String> command(Path home) {
        return List.of(JDK.resolve("bin/java").toString(), "@" + home.resolve("jvm.options"),
            "@" + home.resolve("host.options"), "-Dmkemu.home=" + home, "-cp",
            home.resolve("lib/host") + "/*:" + home.resolve("lib/instance") + "/*", "io.mkemu.cli.Main");
    }
}
