// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.module.Check;
import io.mkemu.module.KernelModule;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Jars of modules, from their sources; and trees that load them. */
final class ModuleJar {
    private ModuleJar() {
    }

    /** Top of the repository. */
    static Path root() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(at.resolve("common/src/main"))) {
            at = at.getParent();
        }
        return at;
    }

    /** Compiles as a user would, with all warnings as errors. */
    static void compile(List<Path> sources, Path classes) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            List<String> options = List.of("-Xlint:all,-processing", "-Werror", "-d", classes.toString(), "-cp",
                System.getProperty("java.class.path"));
            assertTrue(compiler.getTask(messages, files, null, options, null,
                files.getJavaFileObjectsFromPaths(sources)).call(), messages::toString);
        }
    }

    /**
     * Makes a jar.
     *
     * @param module class name, as the service file has it
     * @param check  as well; null for none
     */
    static Path build(Path jar, List<Path> sources, String module, String check) throws IOException {
        Path classes = Files.createTempDirectory(jar.getParent(), "classes");
        compile(sources, classes);
        service(classes, KernelModule.class, module);
        if (check != null) {
            service(classes, Check.class, check);
        }
        pack(jar, classes);
        return jar;
    }

    /** Makes a jar of one source text, which has a class Bug, and perhaps in it a class Rule: its check. */
    static Path build(Path jar, String text) throws IOException {
        Path sources = Files.createTempDirectory(jar.getParent(), "sources");
        return build(jar, List.of(Files.writeString(sources.resolve("Bug.java"), text)), "Bug",
            text.contains("class Rule") ? "Bug$Rule" : null);
    }

    private static void service(Path classes, Class<?> service, String names) throws IOException {
        Path file = classes.resolve("META-INF/services").resolve(service.getName());
        Files.createDirectories(file.getParent());
        Files.writeString(file, names + "\n");
    }

    private static void pack(Path jar, Path classes) throws IOException {
        try (OutputStream out = Files.newOutputStream(jar); JarOutputStream packed = new JarOutputStream(out);
            Stream<Path> files = Files.walk(classes)) {
            List<Path> all = new ArrayList<>(files.filter(Files::isRegularFile).sorted().toList());
            for (Path file : all) {
                packed.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, packed);
                packed.closeEntry();
            }
        }
    }

    /** Writes a tree: a host and instances n1, n2, ... of one CPU each, all of which load the jar. */
    static Path tree(Path file, String jar, int instances, int slots, String bootargs) throws IOException {
        StringBuilder text = new StringBuilder("/dts-v1/;\n/ {\n    compatible = \"multikernel-v1\";\n    "
            + "mkemu,modules = \"" + jar + "\";\n    "
            + "mkemu,ipi-slots = <" + slots + ">;\n    chosen { bootargs = \"" + bootargs
            + "\"; };\n    resources { cpus = <0");
        for (int id = 1; id <= instances; id++) {
            text.append(' ').append(id);
        }
        text.append(">; memory-bytes = <").append(instances * 0x100000L).append(">; };\n    instances {\n");
        for (int id = 1; id <= instances; id++) {
            text.append("        n").append(id).append(" { id = <").append(id).append(">; mkemu,modules = \"")
                .append(jar).append("\"; resources { cpus = <").append(id)
                .append(">; memory-bytes = <0x100000>; }; chosen { bootargs = \"").append(bootargs)
                .append("\"; }; };\n");
        }
        return Files.writeString(file, text.append("    };\n};\n"));
    }
}
