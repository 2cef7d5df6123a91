// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * mkemu with a bug: one class of it, whose present source is changed in a few places and compiled, and with it all
 * other classes of mkemu anew, by a class loader of their own.
 *
 * @param seed  of the first run that is tried
 * @param bug   what is wrong, for the test's name
 * @param file  of the class, from the project's root
 * @param edits pairs of what stands there, once, and what stands there instead
 */
record Mutant(long seed, String bug, String file, List<String> edits) {
    private static final String OWN = "io.mkemu.";
    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();

    /** A bug. */
    static Mutant of(long seed, String bug, String file, String... edits) {
        return new Mutant(seed, bug, file, List.of(edits));
    }

    private static Path root() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(at.resolve("common/src/main"))) {
            at = at.getParent();
        }
        return at;
    }

    /**
     * The source with the bug.
     *
     * @throws IllegalStateException if the text that is to be changed is not there, or not once: the code has changed,
     *     and the bug must be planted anew
     */
    String source() throws IOException {
        String source = Files.readString(root().resolve(file));
        for (int edit = 0; edit < edits.size(); edit += 2) {
            String before = edits.get(edit);
            int at = source.indexOf(before);
            if (at < 0 || source.indexOf(before, at + 1) >= 0) {
                throw new IllegalStateException("'" + bug + "' cannot be planted: " + file + " has not exactly once: "
                    + before);
            }
            source = source.substring(0, at) + edits.get(edit + 1) + source.substring(at + before.length());
        }
        return source;
    }

    /** Whether it can be planted. */
    boolean isPresent() {
        try {
            source();
            return true;
        } catch (IOException | IllegalStateException changed) {
            return false;
        }
    }

    /** The bytes of the changed class, and of those in it, by name. */
    private Map<String, byte[]> compile() throws IOException {
        Map<String, ByteArrayOutputStream> made = new HashMap<>();
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        String source = source();
        SimpleJavaFileObject unit = new SimpleJavaFileObject(URI.create("mem:///" + file), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignored) {
                return source;
            }
        };
        try (StandardJavaFileManager files = COMPILER.getStandardFileManager(problems, null, null);
            JavaFileManager memory = new ForwardingJavaFileManager<>(files) {
                @Override
                public JavaFileObject getJavaFileForOutput(Location location, String name, JavaFileObject.Kind kind,
                    FileObject sibling) {
                    return new SimpleJavaFileObject(URI.create("mem:///" + name), kind) {
                        @Override
                        public OutputStream openOutputStream() {
                            return made.computeIfAbsent(name, key -> new ByteArrayOutputStream());
                        }
                    };
                }
            }) {
            List<String> options = List.of("-proc:none", "-nowarn", "-implicit:none", "-classpath",
                System.getProperty("java.class.path"), "--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED");
            if (!COMPILER.getTask(null, memory, problems, options, null, List.of(unit)).call()) {
                throw new IllegalStateException("'" + bug + "' does not compile: " + problems.getDiagnostics());
            }
        }
        Map<String, byte[]> classes = new HashMap<>();
        made.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
        return classes;
    }

    /** mkemu's own classes, and the tests' of its packages, all anew; the rest is everybody's. */
    private static final class Loader extends ClassLoader {
        private final Map<String, byte[]> changed;

        Loader(Map<String, byte[]> changed) {
            super(Mutant.class.getClassLoader());
            this.changed = changed;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded != null ? loaded : name.startsWith(OWN) ? findClass(name)
                    : super.loadClass(name, resolve);
            }
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            try {
                byte[] bytes = changed.get(name);
                if (bytes == null) {
                    try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                        if (in == null) {
                            throw new ClassNotFoundException(name);
                        }
                        bytes = in.readAllBytes();
                    }
                }
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
    }

    @Override
    public String toString() {
        return bug;
    }

    /**
     * Runs the machine on it.
     *
     * @return as {@link StressRuns#run}
     */
    String[] run(Path directory, String mailbox, String faults, int runs) throws IOException {
        try {
            Class<?> harness = Class.forName(StressRuns.class.getName(), true, new Loader(compile()));
            return (String[]) harness.getMethod("run", String.class, String.class, String.class, long.class, int.class)
                .invoke(null, directory.toString(), mailbox, faults, seed, runs);
        } catch (InvocationTargetException fault) {
            throw new IllegalStateException("'" + bug + "' ends the simulation itself", fault.getCause());
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
