// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import io.mkemu.module.KernelModule;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/** Makes jars as a module's author would, good ones and bad ones. */
final class ModuleJar {
    private static final String SERVICE = "META-INF/services/" + KernelModule.class.getName();

    private final Map<String, byte[]> entries = new LinkedHashMap<>();

    /** A good module. */
    static Path of(Path directory, Class<?> module) {
        return new ModuleJar().service(module.getName()).classFile(module)
            .write(directory, module.getSimpleName() + ".jar");
    }

    /** A good module that needs further classes of its package. */
    static Path of(Path directory, Class<?> module, String... others) {
        ModuleJar jar = new ModuleJar().service(module.getName()).classFile(module);
        for (String other : others) {
            try {
                jar.classFile(Class.forName(module.getPackageName() + "." + other));
            } catch (ClassNotFoundException misspelt) {
                throw new IllegalArgumentException(misspelt);
            }
        }
        return jar.write(directory, module.getSimpleName() + ".jar");
    }

    ModuleJar service(String className) {
        entries.put(SERVICE, (className + "\n").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    ModuleJar service(Class<?> service, Class<?> implementation) {
        return file("META-INF/services/" + service.getName(), (implementation.getName() + "\n").getBytes(
            StandardCharsets.UTF_8));
    }

    ModuleJar classFile(Class<?> type) {
        String name = type.getName().replace('.', '/') + ".class";
        try (InputStream bytes = type.getClassLoader().getResourceAsStream(name)) {
            return file(name, bytes.readAllBytes());
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    ModuleJar file(String name, byte[] bytes) {
        entries.put(name, bytes);
        return this;
    }

    Path write(Path directory, String name) {
        Path file = directory.resolve(name);
        try (OutputStream out = Files.newOutputStream(file); JarOutputStream jar = new JarOutputStream(out)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                jar.putNextEntry(new JarEntry(entry.getKey()));
                jar.write(entry.getValue());
                jar.closeEntry();
            }
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
        return file;
    }
}
