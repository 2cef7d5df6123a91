// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cmodule;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A shared object with a module in C, whose code has been loaded once to see that it can be, and to learn its name and
 * its parameters. Immutable; any thread.
 */
public final class CModuleFile {
    /* Far more than code; what is larger is something else by that name. */
    private static final long MAX_BYTES = 256L << 20;

    /* Where the distribution lies, and, for a test that has none, the core's file. */
    private static final String HOME_PROPERTY = "mkemu.home";
    private static final String CORE_PROPERTY = "mkemu.core";
    private static final String SANITIZER = "libasan.so";
    private static final String CORE = "lib/native/libmkemu-core.so";

    private final Path path;
    private final String name;
    private final Set<String> parameters;

    private CModuleFile(Path path, String name, Set<String> parameters) {
        this.path = path;
        this.name = name;
        this.parameters = Set.copyOf(parameters);
    }

    /**
     * What is wrong with a file, as far as can be told without running its code.
     *
     * @return one line without the file's name, or null if nothing is wrong
     */
    public static String problem(Path path) {
        try {
            long size = Files.size(path);
            if (size > MAX_BYTES) {
                return "has " + size + " bytes, more than a module has; name the .so that mk cc has made";
            }
            check(Files.readAllBytes(path));
            return Files.isRegularFile(core()) ? null : "cannot be loaded: this distribution of mkemu has no " + core()
                + "; it is made where a C compiler is there when mkemu is built";
        } catch (ElfFile.Refused refused) {
            return refused.getMessage();
        } catch (IOException unreadable) {
            return "cannot be read: " + unreadable.getMessage();
        }
    }

    private static void check(byte[] bytes) throws ElfFile.Refused {
        ByteBuffer head = new ElfFile(bytes, machine()).symbol(CoreDescriptor.MODULE_SYMBOL,
            CoreDescriptor.MODULE_HEAD_LENGTH);
        if (head == null) {
            throw new ElfFile.Refused("holds no kernel module: it does not export " + CoreDescriptor.MODULE_SYMBOL
                + "; build it with mk cc, from a source that includes <linux/module.h>");
        }
        if (head.getLong(CoreDescriptor.MODULE_MAGIC_OFFSET) != CoreDescriptor.MODULE_MAGIC) {
            throw new ElfFile.Refused("holds no kernel module: what it exports as " + CoreDescriptor.MODULE_SYMBOL
                + " is something else; build it with mk cc");
        }
        int version = head.getInt(CoreDescriptor.MODULE_VERSION_OFFSET);
        if (version < CoreDescriptor.MODULE_OLDEST || version > CoreDescriptor.MODULE_VERSION) {
            throw new ElfFile.Refused("is built for version " + Integer.toUnsignedString(version)
                + " of mkemu's table of calls, this mkemu has " + CoreDescriptor.MODULE_VERSION
                + "; build it anew, with mk cc");
        }
    }

    /** The shared object of the core: the distribution's. */
    static Path core() {
        String file = System.getProperty(CORE_PROPERTY);
        return file != null ? Path.of(file) : Path.of(System.getProperty(HOME_PROPERTY, "."), CORE);
    }

    private static int machine() {
        String arch = System.getProperty("os.arch");
        return arch.equals("aarch64") ? ElfFile.EM_AARCH64 : ElfFile.EM_X86_64;
    }

    /**
     * Loads the code once, and lets it go.
     *
     * @throws MachineException with MODULE that names the file and what is wrong
     */
    public static CModuleFile load(Path path) {
        String problem = problem(path);
        if (problem != null) {
            throw new MachineException(ExitCode.MODULE, "module " + path + " " + problem);
        }
        refuseSanitized(path);
        try (CModule probe = new CModule(path, "", Set.of())) {
            long module = probe.load(1, 0);
            Set<String> parameters = new LinkedHashSet<>();
            for (int index = 0; CoreLibrary.parameter(module, index) != null; index++) {
                parameters.add(CoreLibrary.parameter(module, index));
            }
            return new CModuleFile(path, CoreLibrary.name(module), parameters);
        } catch (ElfFile.Refused refused) {
            throw new MachineException(ExitCode.MODULE, "module " + path + " " + refused.getMessage(), refused);
        } catch (ExceptionInInitializerError | NoClassDefFoundError | IllegalArgumentException broken) {
            Throwable why = broken.getCause() == null ? broken : broken.getCause();
            throw new MachineException(ExitCode.MODULE, "module " + path + " cannot be loaded: " + why.getMessage(),
                broken);
        }
    }

    /* AddressSanitizer ends a process that it was not the first to come into, in words of its own. */
    private static void refuseSanitized(Path path) {
        try {
            if (new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1).contains(SANITIZER)) {
                throw new MachineException(ExitCode.MODULE, "module " + path + " was compiled with --sanitize, which "
                    + "needs the native kernel: use kernel=native and no trace=all, or compile it without");
            }
        } catch (IOException unreadable) {
            throw new MachineException(ExitCode.MODULE, "module " + path + " cannot be read: "
                + unreadable.getMessage(), unreadable);
        }
    }

    /**
     * Does what a kernel does that boots with a module in C, without one: for a process whose classes an AOT cache is
     * made of. Nothing where mkemu was built without a C compiler.
     */
    public static void rehearse() {
        if (Files.isRegularFile(core())) {
            try (CModule nobody = new CModule(core(), "", Set.of())) {
                for (Class<?> used : List.of(ModuleCpu.class, ModuleMemory.class, CModule.Handler.class,
                    CModule.Kthread.class)) {
                    MethodHandles.lookup().ensureInitialized(used);
                }
                nobody.load(1, 0);
            } catch (IllegalAccessException | ElfFile.Refused expected) {
                /* The core is no module: all up to there was to be rehearsed. */
                return;
            }
        }
    }

    /** A module object of it, for one kernel. */
    public CModule newModule() {
        return new CModule(path, name, parameters);
    }
}
