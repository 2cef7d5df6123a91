// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Without Chromium and its driver on the PATH, tests are skipped, in a line that begins with SKIPPED and that
 * scripts/test repeats in its summary. With MKEMU_REQUIRE_BROWSER set, as .ci/run does, they fail instead.
 */
final class BrowserCondition implements ExecutionCondition {
    private static final String REQUIRE = "MKEMU_REQUIRE_BROWSER";

    /** The browser, or null. */
    static Path browser() {
        return find("chromium", "chromium-browser", "google-chrome");
    }

    /** The program that drives it, or null. */
    static Path driver() {
        return find("chromedriver");
    }

    private static Path find(String... names) {
        List<String> places = Arrays.asList(Objects.requireNonNullElse(System.getenv("PATH"), "")
            .split(File.pathSeparator));
        return Stream.of(names).flatMap(name -> places.stream().map(place -> Path.of(place, name)))
            .filter(Files::isExecutable).findFirst().orElse(null);
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        if (browser() != null && driver() != null) {
            return ConditionEvaluationResult.enabled("there is a browser");
        }
        String line = context.getRequiredTestClass().getSimpleName() + ": no "
            + (browser() == null ? "chromium" : "chromedriver") + " on the PATH: apt-get install chromium "
            + "chromium-driver";
        String required = System.getenv(REQUIRE);
        if (required != null && !required.isEmpty()) {
            throw new IllegalStateException(line + " (" + REQUIRE + " is set, so that is a failure)");
        }
        System.out.println("SKIPPED " + line);
        return ConditionEvaluationResult.disabled("SKIPPED " + line);
    }
}
