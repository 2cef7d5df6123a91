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
    private static final String SERVICE = "META-INF/services/" + KernelModule.class.getName();

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
        try {
            URL url = Path.of(path).toUri().toURL();
            /* Stays open as long as the kernel runs: a module may load its classes at any time. */
            ClassLoader loader = new URLClassLoader(path, new URL[] {url}, ModuleLoader.class.getClassLoader()) {
                @Override
                public Enumeration<URL> getResources(String name) throws IOException {
                    /* Modules of this jar only: a host's class path may hold a jar that names others. */
                    return name.equals(SERVICE) ? findResources(name) : super.getResources(name);
                }
            };
            int before = modules.size();
            ServiceLoader.load(KernelModule.class, loader).forEach(modules::add);
            if (modules.size() == before) {
                throw new MachineException(ExitCode.MODULE, "module " + path + " names no class in " + SERVICE);
            }
        } catch (MalformedURLException | ServiceConfigurationError | LinkageError wrong) {
            Throwable why = wrong;
            for (int depth = 0; depth < DEEPEST_CAUSE && Faults.cause(why) != null; depth++) {
                why = Faults.cause(why);
            }
            throw new MachineException(ExitCode.MODULE, "module " + path + " cannot be loaded: " + Faults.text(why),
                wrong);
        }
    }
}
