// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.ModulePath;
import io.mkemu.builtin.BuiltinModules;
import io.mkemu.cmodule.CModuleFile;
import io.mkemu.module.KernelModule;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.zip.ZipFile;

/**
 * Finds modules: built-in ones by name, a user's own by the path of a jar that names them for ServiceLoader, or of a
 * shared object.
 */
public final class ModuleLoader {
    private static final String SERVICES = "META-INF/services/";
    private static final String SERVICE = SERVICES + KernelModule.class.getName();

    /* A module's exception may name itself as its cause. */
    private static final int DEEPEST_CAUSE = 16;

    private ModuleLoader() {
    }

    /**
     * What is wrong with a module's name, as far as can be told without running its code.
     *
     * @param module name of a built-in, or path of a jar or a shared object
     * @return one line without the module's name, or null if nothing is wrong
     */
    public static String problem(String module) {
        if (!ModulePath.isPath(module)) {
            return BuiltinModules.names().contains(module) ? null
                : "is not a built-in module; the built-in ones are " + String.join(", ", BuiltinModules.names())
                + "; a jar's name ends in .jar, a C module's in .so";
        }
        Path jar = Path.of(module);
        if (!Files.isRegularFile(jar)) {
            return Files.exists(jar) ? "is not a file; name the .jar or .so"
                : "does not exist; build it, or mend the path";
        }
        if (ModulePath.isSharedObject(module)) {
            return CModuleFile.problem(jar);
        }
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            return zip.getEntry(SERVICE) != null ? null : "holds no module: it has no " + SERVICE;
        } catch (IOException notAJar) {
            return "is not a jar (" + notAJar.getMessage() + ")";
        }
    }

    /**
     * Makes the module objects.
     *
     * @param names in the order in which they will be initialised
     * @throws MachineException with MODULE that names the module and what is wrong
     */
    public static List<KernelModule> load(List<String> names) {
        List<KernelModule> modules = new ArrayList<>();
        for (String name : names) {
            String problem = problem(name);
            if (problem != null) {
                throw new MachineException(ExitCode.MODULE, "module " + name + " " + problem);
            }
            if (ModulePath.isSharedObject(name)) {
                modules.add(CModuleFile.load(Path.of(name)).newModule());
            } else if (ModulePath.isPath(name)) {
                loadJar(name, modules);
            } else {
                modules.add(BuiltinModules.create(name));
            }
        }
        return modules;
    }

    private static void loadJar(String path, List<KernelModule> modules) {
        List<KernelModule> found = services(path, KernelModule.class);
        if (found.isEmpty()) {
            throw new MachineException(ExitCode.MODULE, "module " + path + " names no class in " + SERVICE);
        }
        modules.addAll(found);
    }

    /**
     * Makes the objects that a module's jar names for a service.
     *
     * @param path of the jar; it stays open as long as the process runs: a module may load its classes at any time
     * @throws MachineException with MODULE that names the jar and what is wrong
     */
    public static <T> List<T> services(String path, Class<T> service) {
        String names = SERVICES + service.getName();
        try {
            URL url = Path.of(path).toUri().toURL();
            ClassLoader loader = new URLClassLoader(path, new URL[] {url}, ModuleLoader.class.getClassLoader()) {
                @Override
                public Enumeration<URL> getResources(String name) throws IOException {
                    /* Those of this jar only: a host's class path may hold a jar that names others. */
                    return name.equals(names) ? findResources(name) : super.getResources(name);
                }
            };
            List<T> found = new ArrayList<>();
            ServiceLoader.load(service, loader).forEach(found::add);
            return found;
        } catch (MalformedURLException | ServiceConfigurationError | LinkageError wrong) {
            Throwable why = wrong;
            for (int depth = 0; depth < DEEPEST_CAUSE && Faults.cause(why) != null; depth++) {
                why = Faults.cause(why);
            }
            throw new MachineException(ExitCode.MODULE, "module " + path + " cannot be loaded: " + Faults.text(why),
                wrong);
        }
    }

    /** Whether a module's jar names something for a service; runs nothing of it. */
    public static boolean hasService(String path, Class<?> service) {
        try (ZipFile zip = new ZipFile(path)) {
            return zip.getEntry(SERVICES + service.getName()) != null;
        } catch (IOException notAJar) {
            return false;
        }
    }
}
