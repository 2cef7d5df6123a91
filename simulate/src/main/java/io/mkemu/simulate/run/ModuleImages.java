// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.ModulePath;
import io.mkemu.builtin.BuiltinModules;
import io.mkemu.cmodule.CModule;
import io.mkemu.cmodule.CModuleFile;
import io.mkemu.kernel.ModuleLoader;
import io.mkemu.module.Check;
import io.mkemu.module.KernelModule;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.FieldModel;
import java.lang.classfile.attribute.ConstantValueAttribute;
import java.lang.reflect.AccessFlag;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/**
 * The modules of a machine, read once. Each kernel has their classes in a class loader of its own, so that static
 * fields are each kernel's own; where no class has one that can change, the loaders serve all runs, and with them the
 * code that the JIT compiler has made. One thread.
 */
final class ModuleImages {
    private static final String MODULES = "META-INF/services/" + KernelModule.class.getName();
    private static final String CHECKS = "META-INF/services/" + Check.class.getName();
    /* Descriptors of types whose objects never change. */
    private static final Set<String> IMMUTABLE = Set.of("Z", "B", "C", "S", "I", "J", "F", "D", "Ljava/lang/String;",
        "Ljava/lang/Long;", "Ljava/lang/Integer;", "Ljava/util/regex/Pattern;", "Ljava/time/Duration;");

    /** A jar. */
    private static final class Image {
        private final String path;
        private final Map<String, byte[]> entries = new HashMap<>();
        private boolean isStateless = true;
        private final Map<Integer, Loader> kept = new TreeMap<>();

        Image(String path) {
            this.path = path;
        }

        Loader loader(int instance) {
            return isStateless ? kept.computeIfAbsent(instance, id -> new Loader(this)) : new Loader(this);
        }
    }

    /** Classes of one jar for one kernel. */
    private static final class Loader extends ClassLoader {
        private final Image image;
        private final Map<String, List<Class<?>>> services = new HashMap<>();

        Loader(Image image) {
            super(image.path, ModuleLoader.class.getClassLoader());
            this.image = image;
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] bytes = image.entries.get(name.replace('.', '/') + ".class");
            if (bytes == null) {
                throw new ClassNotFoundException(name + " is not in " + image.path);
            }
            return defineClass(name, bytes, 0, bytes.length);
        }

        @Override
        protected URL findResource(String name) {
            byte[] bytes = image.entries.get(name);
            try {
                return bytes == null ? null : URL.of(Path.of(image.path).toUri().resolve("#" + name),
                    new Bytes(bytes));
            } catch (MalformedURLException impossible) {
                throw new UncheckedIOException(impossible);
            }
        }

        /** New objects of the classes that a service file names. */
        <T> List<T> make(String service, Class<T> type) {
            List<T> made = new ArrayList<>();
            for (Class<?> each : services.computeIfAbsent(service, this::classes)) {
                try {
                    made.add(type.cast(each.getConstructor().newInstance()));
                } catch (ReflectiveOperationException | ClassCastException | LinkageError wrong) {
                    throw new MachineException(ExitCode.MODULE, "module " + image.path + ": " + each.getName()
                        + " cannot be made: " + (wrong.getCause() == null ? wrong : wrong.getCause()), wrong);
                }
            }
            return made;
        }

        private List<Class<?>> classes(String service) {
            List<Class<?>> named = new ArrayList<>();
            byte[] text = image.entries.getOrDefault(service, new byte[0]);
            for (String line : new String(text, StandardCharsets.UTF_8).lines().toList()) {
                String name = line.replaceFirst("#.*", "").strip();
                if (!name.isEmpty()) {
                    try {
                        named.add(Class.forName(name, true, this));
                    } catch (ClassNotFoundException | LinkageError wrong) {
                        throw new MachineException(ExitCode.MODULE, "module " + image.path + ": " + service + " names "
                            + name + ": " + wrong, wrong);
                    }
                }
            }
            return named;
        }
    }

    /** A resource that lies in memory. */
    private static final class Bytes extends URLStreamHandler {
        private final byte[] bytes;

        Bytes(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        protected URLConnection openConnection(URL url) {
            return new URLConnection(url) {
                @Override
                public void connect() {
                    connected = true;
                }

                @Override
                public InputStream getInputStream() {
                    return new ByteArrayInputStream(bytes);
                }
            };
        }
    }

    private final Map<String, Image> images = new LinkedHashMap<>();
    private final Map<String, CModuleFile> sharedObjects = new HashMap<>();
    private final List<CModule> running = new ArrayList<>();

    /**
     * Reads jars, and loads shared objects.
     *
     * @param names of built-in modules, or paths of files
     * @throws MachineException if one cannot be read
     */
    ModuleImages(List<String> names) {
        for (String name : names) {
            if (ModulePath.isSharedObject(name)) {
                sharedObjects.computeIfAbsent(name, path -> CModuleFile.load(Path.of(path)));
            } else if (ModulePath.isPath(name) && !images.containsKey(name)) {
                images.put(name, read(name));
            }
        }
    }

    private static Image read(String path) {
        Image image = new Image(path);
        try (JarFile jar = new JarFile(Path.of(path).toFile(), true, JarFile.OPEN_READ, JarFile.runtimeVersion())) {
            for (JarEntry entry : jar.versionedStream().toList()) {
                if (!entry.isDirectory()) {
                    byte[] bytes = jar.getInputStream(entry).readAllBytes();
                    image.entries.put(entry.getName(), bytes);
                    if (entry.getName().endsWith(".class") && !entry.getName().endsWith("-info.class")) {
                        image.isStateless &= isStateless(bytes);
                    }
                }
            }
            return image;
        } catch (IOException | IllegalArgumentException wrong) {
            throw new MachineException(ExitCode.MODULE, "module " + path + " cannot be read: " + wrong.getMessage(),
                wrong);
        }
    }

    /** Whether no static field of a class can ever change, nor what it refers to. */
    private static boolean isStateless(byte[] bytes) {
        ClassModel model = ClassFile.of().parse(bytes);
        boolean isEnum = model.flags().has(AccessFlag.ENUM);
        String itself = "L" + model.thisClass().asInternalName() + ";";
        for (FieldModel field : model.fields()) {
            String type = field.fieldType().stringValue();
            boolean constant = field.findAttribute(Attributes.constantValue()).map(ConstantValueAttribute::constant)
                .isPresent();
            boolean ofEnum = isEnum && (type.equals(itself) || field.flags().has(AccessFlag.SYNTHETIC));
            boolean assertions = field.flags().has(AccessFlag.SYNTHETIC) && type.equals("Z");
            if (field.flags().has(AccessFlag.STATIC) && !constant && !ofEnum && !assertions
                && !(field.flags().has(AccessFlag.FINAL) && IMMUTABLE.contains(type))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Makes the module objects of a kernel.
     *
     * @param names in the order in which they are initialised
     * @throws MachineException if one cannot be made
     */
    List<KernelModule> load(int instance, List<String> names) {
        List<KernelModule> modules = new ArrayList<>();
        for (String name : names) {
            Image image = images.get(name);
            CModuleFile sharedObject = sharedObjects.get(name);
            if (sharedObject != null) {
                CModule module = sharedObject.newModule();
                running.add(module);
                modules.add(module);
            } else if (image == null) {
                modules.add(BuiltinModules.create(name));
            } else {
                modules.addAll(image.loader(instance).make(MODULES, KernelModule.class));
            }
        }
        return modules;
    }

    /** The run is over: what its kernels have left in C is let go. */
    void ended() {
        running.forEach(CModule::abandon);
        running.clear();
    }

    /** Makes the checks of one run. */
    List<Check> checks() {
        List<Check> checks = new ArrayList<>();
        images.values().forEach(image -> checks.addAll(image.loader(-1).make(CHECKS, Check.class)));
        return checks;
    }
}
