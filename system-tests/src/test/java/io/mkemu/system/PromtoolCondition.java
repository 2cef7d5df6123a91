// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Without Prometheus' promtool, tests are skipped, in a line that begins with SKIPPED and that scripts/test repeats in
 * its summary. With MKEMU_REQUIRE_PROMTOOL set, as .ci/run does, they fail instead.
 */
final class PromtoolCondition implements ExecutionCondition {
    private static final String REQUIRE = "MKEMU_REQUIRE_PROMTOOL";

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        if (Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, "promtool")))) {
            return ConditionEvaluationResult.enabled("promtool is there");
        }
        String line = context.getRequiredTestClass().getSimpleName()
            + ": no promtool on PATH (apt-get install prometheus)";
        String required = System.getenv(REQUIRE);
        if (required != null && !required.isEmpty()) {
            throw new IllegalStateException(line + " (" + REQUIRE + " is set, so that is a failure)");
        }
        System.out.println("SKIPPED " + line);
        return ConditionEvaluationResult.disabled("SKIPPED " + line);
    }
}
