// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.module;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.life.InstanceCommand;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** The system's C compiler, as {@code mk cc} calls it. */
final class CCompiler {
    private static final String INSTALL = "install one (apt-get install gcc), or set CC to the one that is to be used";
    private static final String SOURCE_OF_EACH_MODULE = "mkemu_kmod.c";

    /** The dialect and the promises of Linux's own build, and what a call trace needs. */
    private static final List<String> KERNEL_FLAGS = List.of("-std=gnu11", "-O2", "-g", "-Wall", "-Wno-pointer-sign",
        "-Werror=implicit-function-declaration", "-Werror=implicit-int", "-Werror=incompatible-pointer-types",
        "-Werror=int-conversion", "-Werror=return-type", "-fno-strict-aliasing", "-fno-common", "-fwrapv",
        "-fno-delete-null-pointer-checks", "-fno-omit-frame-pointer", "-fno-stack-protector", "-ffreestanding",
        "-D__KERNEL__", "-DMODULE");
    /** On aarch64 gcc would call functions of its library for each atomic, and those the C library. */
    private static final List<String> MACHINE_FLAGS =
        System.getProperty("os.arch").equals("aarch64") ? List.of("-mno-outline-atomics") : List.of();
    private static final List<String> OBJECT_FLAGS =
        List.of("-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-z,defs", "-Wl,-z,now", "-Wl,--build-id");
    private static final List<String> SANITIZE_FLAGS = List.of("-fsanitize=address,undefined",
        "-fno-sanitize-recover=undefined", "-shared-libasan");

    private static final Pattern INCLUDE = Pattern.compile("(?m)^[ \\t]*#[ \\t]*include[ \\t]*<([^>\\n]+)>");

    private final String compiler;
    private final boolean sanitize;
    private final boolean verbose;

    CCompiler(boolean sanitize, boolean verbose) {
        String named = System.getenv("CC");
        this.compiler = named == null || named.isBlank() ? "cc" : named.strip();
        this.sanitize = sanitize;
        this.verbose = verbose;
    }

    /**
     * Compiles a module. What the compiler says goes where mk's own output goes. The module is put into its place when
     * it is whole: a kernel that runs may have the former one mapped.
     *
     * @param words  sources and further flags, in the user's order
     * @param name   KBUILD_MODNAME
     * @param target the module
     * @return the exit code of mk: OK or MODULE
     */
    int module(List<String> words, String name, Path target) throws IOException, InterruptedException {
        Path include = InstanceCommand.home().resolve("include");
        Path directory = target.toAbsolutePath().getParent();
        if (!Files.isDirectory(directory)) {
            throw new MachineException(ExitCode.MODULE, "-o " + target + ": there is no directory " + directory);
        }
        /* With the permissions of any new file here: another user may run it. */
        Path made = Files.createFile(directory.resolve("." + name + "-" + ProcessHandle.current().pid() + ".so"));
        try {
            List<String> command = new ArrayList<>(List.of(compiler));
            command.addAll(KERNEL_FLAGS);
            command.addAll(MACHINE_FLAGS);
            command.addAll(List.of("-DKBUILD_MODNAME=\"" + name + "\"", "-nostdinc", "-isystem", ownHeaders(),
                "-I", include.toString()));
            command.addAll(OBJECT_FLAGS);
            command.addAll(sanitize ? sanitizeFlags() : List.of("-nostdlib"));
            command.addAll(words);
            command.addAll(List.of(include.resolve(SOURCE_OF_EACH_MODULE).toString(), "-o", made.toString(), "-lgcc"));
            if (verbose) {
                System.err.println(String.join(" ", command));
            }
            int status = new ProcessBuilder(command).redirectOutput(Redirect.INHERIT).redirectError(Redirect.INHERIT)
                .redirectInput(Redirect.from(Path.of("/dev/null").toFile())).start().waitFor();
            if (status != 0) {
                tellMissingHeaders(words, include);
                System.err.println("mk: " + target + " is not made: see what " + compiler + " says above");
                return ExitCode.MODULE.code();
            }
            Files.move(made, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            return ExitCode.OK.code();
        } finally {
            Files.deleteIfExists(made);
        }
    }

    /** Says of headers that are not there where it stands which ones are: the compiler does not know. */
    private void tellMissingHeaders(List<String> words, Path include) throws IOException, InterruptedException {
        List<Path> directories = new ArrayList<>(List.of(include, Path.of(ownHeaders())));
        words.stream().filter(word -> word.startsWith("-I") && word.length() > 2)
            .forEach(word -> directories.add(Path.of(word.substring(2))));
        Set<String> missing = new LinkedHashSet<>();
        for (String word : words) {
            if (word.endsWith(".c") && Files.isRegularFile(Path.of(word))) {
                INCLUDE.matcher(Files.readString(Path.of(word), StandardCharsets.ISO_8859_1)).results()
                    .map(found -> found.group(1))
                    .filter(header -> directories.stream().noneMatch(in -> Files.exists(in.resolve(header))))
                    .forEach(missing::add);
            }
        }
        missing.forEach(header -> System.err.println("mk: a kernel module has no <" + header
            + ">: docs/c-modules.md has the table of headers"));
    }

    private List<String> sanitizeFlags() throws IOException, InterruptedException {
        List<String> flags = new ArrayList<>(SANITIZE_FLAGS);
        if (!ask("--version").contains("clang")) {
            /* gcc has no other than the shared one. */
            flags.removeLast();
        }
        return flags;
    }

    /** The directory of the headers that belong to the compiler itself: stdarg.h, stddef.h. */
    private String ownHeaders() throws IOException, InterruptedException {
        return ask("-print-file-name=include");
    }

    private String ask(String flag) throws IOException, InterruptedException {
        Process asked;
        try {
            asked = new ProcessBuilder(compiler, flag).redirectErrorStream(true).start();
        } catch (IOException absent) {
            throw new MachineException(ExitCode.MODULE, "no C compiler " + compiler + " here: " + INSTALL, absent);
        }
        asked.getOutputStream().close();
        String said = new String(asked.getInputStream().readAllBytes()).strip();
        if (asked.waitFor() != 0) {
            throw new MachineException(ExitCode.MODULE, compiler + " " + flag + " fails: "
                + said.lines().findFirst().orElse("it says nothing") + "; " + INSTALL);
        }
        return said;
    }
}
