// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The command under test, one command line after the other in one JVM: for what the process itself has no part in. Most
 * of what a command takes that refuses or prints its help is the start of its JVM. For all tests of a class, with a
 * MKEMU_DIR of its own, of which nothing may be left. One thread.
 */
final class MkShell implements BeforeAllCallback, AfterAllCallback {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Path sandbox;
    private Process process;
    private BufferedReader answers;

    /** A command that has ended. */
    private static final class Ended extends Program {
        private final List<String> args;
        private final int code;

        Ended(List<String> args, JsonNode told) {
            this.args = args;
            this.code = told.required("code").intValue();
            told.required("out").textValue().lines().forEach(out::add);
            told.required("err").textValue().lines().forEach(err::add);
            out.end();
            err.end();
        }

        @Override
        boolean isAlive() {
            return false;
        }

        @Override
        int awaitExit() {
            return code;
        }

        @Override
        public String toString() {
            return "mk " + args + " (in a shell, exit code " + code + ")";
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        sandbox = Files.createTempDirectory(Path.of("/dev/shm"), "mkemu-it-shell-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path home = Distribution.home();
        Path tests = Path.of(MkShell.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<String> command = new ArrayList<>(Distribution.command(home));
        command.removeLast();
        command.add(command.removeLast() + ":" + tests);
        command.add(MkShellMain.class.getName());
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "MKEMU_JAVA_OPTS"));
        builder.environment().put("MKEMU_DIR", base().toString());
        process = builder.start();
        answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /** What MKEMU_DIR says; does not exist, unless a command makes it. */
    Path base() {
        return sandbox.resolve("mk");
    }

    /** Carries out {@code mk ARGS}. */
    Program run(Object... args) throws IOException {
        List<String> words = Arrays.stream(args).map(Object::toString).toList();
        process.outputWriter(StandardCharsets.UTF_8).append(MAPPER.writeValueAsString(words)).append('\n').flush();
        String answer = answers.readLine();
        assertNotNull(answer, () -> "the shell has ended at " + words);
        return new Ended(words, MAPPER.readTree(answer));
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException, InterruptedException {
        List<Path> left;
        boolean ended;
        try {
            process.getOutputStream().close();
            ended = process.waitFor(Program.WATCHDOG_SECONDS, TimeUnit.SECONDS);
        } finally {
            process.destroyForcibly().waitFor();
            left = Trees.below(sandbox);
            Trees.delete(sandbox);
        }
        assertTrue(ended, "the shell does not end");
        assertEquals(List.of(), left, "left behind");
        assertEquals(0, process.exitValue());
    }
}
