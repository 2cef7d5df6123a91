// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.module.Script;
import java.io.File;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** A user's class of scripts, in a class loader below mkemu's own. Thread-safe. */
final class ScriptClass implements Supplier<Script> {
    private final Constructor<? extends Script> maker;
    private final Object[] arguments;

    private ScriptClass(Constructor<? extends Script> maker, Object... arguments) {
        this.maker = maker;
        this.arguments = arguments;
    }

    /**
     * Loads it, and makes one object to see that it can be made.
     *
     * @param named     CLASS, or CLASS#ARGUMENT
     * @param classPath jars and directories, as java has them
     * @throws MachineException if it cannot be loaded or is no script
     */
    static ScriptClass load(String named, String classPath) {
        String name = named.replaceFirst("#.*", "");
        boolean takes = name.length() < named.length();
        try {
            /* Open until the end of the process: classes are loaded when they are first used. */
            Class<? extends Script> type = Class.forName(name, true, new URLClassLoader("script", urls(classPath),
                ScriptClass.class.getClassLoader())).asSubclass(Script.class);
            ScriptClass loaded = takes ? new ScriptClass(type.getConstructor(String.class),
                named.substring(name.length() + 1)) : new ScriptClass(type.getConstructor());
            loaded.get();
            return loaded;
        } catch (ClassNotFoundException | LinkageError missing) {
            throw refused(named, missing + "; is it in --script-path?", missing);
        } catch (ClassCastException other) {
            throw refused(named, "it does not implement " + Script.class.getName(), other);
        } catch (NoSuchMethodException other) {
            throw refused(named, "it has no public constructor " + (takes ? "with one String" : "without parameters"),
                other);
        }
    }

    private static URL[] urls(String classPath) {
        List<URL> urls = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator)) {
            if (!entry.isEmpty()) {
                try {
                    urls.add(Path.of(entry).toAbsolutePath().toUri().toURL());
                } catch (MalformedURLException impossible) {
                    throw new IllegalStateException(impossible);
                }
            }
        }
        return urls.toArray(URL[]::new);
    }

    private static MachineException refused(String named, String why, Throwable cause) {
        return new MachineException(ExitCode.MODULE, "script " + named + " cannot be loaded: " + why, cause);
    }

    /** A script for one run. */
    @Override
    public Script get() {
        try {
            return maker.newInstance(arguments);
        } catch (InvocationTargetException threw) {
            Throwable cause = threw.getCause();
            throw refused(maker.getDeclaringClass().getName(), cause instanceof MachineException
                || cause instanceof IllegalArgumentException ? cause.getMessage() : cause.toString(), cause);
        } catch (ReflectiveOperationException | LinkageError cannot) {
            throw refused(maker.getDeclaringClass().getName(), cannot.toString(), cannot);
        }
    }
}
