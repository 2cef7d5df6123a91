// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.ExitCode;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;

/** The command mk of the mkemu under which tests run, as a program of its own. Stateless. */
final class MkProgram {
    /** The system property that names it. */
    static final String PROPERTY = "mkemu.mk";
    /** The environment variable that does. */
    static final String VARIABLE = "MKEMU_MK";
    /** The file beside this jar in a local Maven repository that does: scripts/install writes it. */
    static final String NOTE = "mkemu.mk";

    private MkProgram() {
    }

    /**
     * Where it is: what the property says, the environment variable, the note of scripts/install beside this jar, or
     * the mk on PATH.
     *
     * @throws MachineTestException if there is none
     */
    static Path find() {
        for (String named : new String[] {System.getProperty(PROPERTY), System.getenv(VARIABLE)}) {
            if (named != null && !named.isBlank()) {
                Path program = Path.of(named);
                if (!Files.isExecutable(program)) {
                    throw new MachineTestException(ExitCode.USAGE, named + " is no program (-D" + PROPERTY + " or "
                        + VARIABLE + " names it): give the path of scripts/mk of a mkemu");
                }
                return program.toAbsolutePath();
            }
        }
        Path noted = noted();
        if (noted != null && Files.isExecutable(noted)) {
            return noted;
        }
        String path = System.getenv("PATH");
        for (String directory : path == null ? new String[0] : path.split(File.pathSeparator)) {
            Path program = Path.of(directory).resolve("mk");
            if (!directory.isEmpty() && Files.isExecutable(program) && !Files.isDirectory(program)) {
                return program.toAbsolutePath();
            }
        }
        throw new MachineTestException(ExitCode.USAGE, "no mk is found: run scripts/install of a mkemu, put its "
            + "scripts/mk on PATH as mk, or name it with -D" + PROPERTY + "=PATH or " + VARIABLE + "=PATH");
    }

    private static Path noted() {
        CodeSource source = MkProgram.class.getProtectionDomain().getCodeSource();
        try {
            Path note = source == null ? null : Path.of(source.getLocation().toURI()).resolveSibling(NOTE);
            return note == null || !Files.isRegularFile(note) ? null : Path.of(Files.readString(note).strip());
        } catch (IOException | URISyntaxException unreadable) {
            return null;
        }
    }

    /** What starts {@code mk ARGS} on this JVM's JDK, if the environment names no other. */
    static ProcessBuilder command(List<String> args) {
        List<String> command = new ArrayList<>(List.of(find().toString()));
        command.addAll(args);
        ProcessBuilder builder = new ProcessBuilder(command);
        Path java = Path.of(System.getProperty("java.home"));
        if (Files.isExecutable(java.resolve("bin/javac"))) {
            builder.environment().putIfAbsent("MKEMU_JAVA_HOME", java.toString());
        }
        return builder;
    }
}
