// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The device tree compiler, the judge of trees. Without it, tests that are extended with this are skipped, in a line
 * that begins with SKIPPED and that scripts/test repeats in its summary. With MKEMU_REQUIRE_DTC set, as .ci/run does,
 * they fail instead.
 */
final class Dtc implements ExecutionCondition {
    private static final String REQUIRE = "MKEMU_REQUIRE_DTC";

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        if (Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "dtc")))) {
            return ConditionEvaluationResult.enabled("dtc is there");
        }
        String line = context.getRequiredTestClass().getSimpleName()
                + ": no dtc on PATH (apt-get install device-tree-compiler)";
        String required = System.getenv(REQUIRE);
        if (required != null && !required.isEmpty()) {
            throw new IllegalStateException(line + " (" + REQUIRE + " is set, so that is a failure)");
        }
        System.out.println("SKIPPED " + line);
        return ConditionEvaluationResult.disabled(line);
    }

    /** The compiled tree of a source. */
    static byte[] compile(String source, String... options) throws IOException, InterruptedException {
        return run(source.getBytes(StandardCharsets.UTF_8), "dts", "dtb", options);
    }

    /** The source of a compiled tree; with -s, nodes and properties in order of their names. */
    static String decompile(byte[] tree, String... options) throws IOException, InterruptedException {
        return new String(run(tree, "dtb", "dts", options), StandardCharsets.UTF_8);
    }

    private static byte[] run(byte[] input, String from, String to, String... options)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("dtc", "-q", "-I", from, "-O", to));
        command.addAll(List.of(options));
        Path errors = Files.createTempFile("dtc", ".err");
        try {
            Process dtc = new ProcessBuilder(command).redirectError(errors.toFile()).start();
            try (OutputStream in = dtc.getOutputStream()) {
                in.write(input);
            }
            byte[] output = dtc.getInputStream().readAllBytes();
            int code = dtc.waitFor();
            assertEquals(0, code, Files.readString(errors));
            return output;
        } finally {
            Files.delete(errors);
        }
    }
}
