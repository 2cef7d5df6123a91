// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mkemu.host.life.AotCache;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One JVM that carries out one command line of mk after the other: for what the process itself has no part in. Most of
 * what a short verb takes is the start of its JVM. One thread.
 */
final class Shell implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Process process;
    private final BufferedReader answers;

    /**
     * Starts it.
     *
     * @param mk      a command that is mk, as {@link Distribution#command} has it
     * @param classes a directory with the class {@link MkShellMain}
     * @param work    its working directory
     * @param base    what MKEMU_DIR says; null for what a command does without
     */
    Shell(List<String> mk, Path classes, Path work, Path base) throws IOException {
        List<String> command = new ArrayList<>(mk);
        command.removeLast();
        command.add(command.removeLast() + ":" + classes);
        command.add(MkShellMain.class.getName());
        ProcessBuilder builder = new ProcessBuilder(command).directory(work.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "MKEMU_JAVA_OPTS"));
        if (base != null) {
            builder.environment().put("MKEMU_DIR", base.toString());
        }
        process = builder.start();
        answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /** That of the distribution under test. */
    static Shell at(Path work, Path base) throws IOException {
        Path home = Distribution.home();
        List<String> command = new ArrayList<>(Distribution.command(home));
        /* As short verbs are started: a cache holds for a longer class path too. */
        command.add(command.indexOf("@" + home.resolve("host.options")) + 1, "@" + home.resolve("verbs.options"));
        command.addAll(1, AotCache.options(home, "verbs"));
        return new Shell(command, classes(), work, base);
    }

    /** Where the tests' classes are. */
    static Path classes() {
        return Path.of(MkShellMain.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    }

    /** Carries out {@code mk ARGS}. */
    Ended run(Object... args) throws IOException {
        List<String> words = Arrays.stream(args).map(Object::toString).toList();
        process.outputWriter(StandardCharsets.UTF_8).append(MAPPER.writeValueAsString(words)).append('\n').flush();
        String answer = answers.readLine();
        assertNotNull(answer, () -> "the shell has ended at " + words);
        JsonNode told = MAPPER.readTree(answer);
        return new Ended("mk " + words + " in a shell", told.required("code").intValue(),
            told.required("out").textValue(), told.required("err").textValue());
    }

    /** Ends it; in the end it is gone, however that went. */
    @Override
    public void close() throws IOException {
        boolean ended = false;
        try {
            process.getOutputStream().close();
            ended = process.waitFor(Program.WATCHDOG_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } finally {
            process.destroyForcibly();
        }
        assertTrue(ended, "the shell does not end");
        assertEquals(0, process.exitValue());
    }
}
