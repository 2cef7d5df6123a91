// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import com.github.dockerjava.api.DockerClient;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.DockerClientFactory;

/**
 * Without a Docker that can be used, tests are skipped, in a line that begins with SKIPPED and that scripts/test
 * repeats in its summary. With MKEMU_REQUIRE_DOCKER set, as .ci/run does, they fail instead. What goes wrong later,
 * once Docker has answered, is always a failure.
 */
final class DockerCondition implements ExecutionCondition {
    private static final String REQUIRE = "MKEMU_REQUIRE_DOCKER";
    private static final int WATCHDOG_SECONDS = 60;
    private static final String UNUSABLE = findUnusable();

    /** The daemon's client. */
    static DockerClient client() {
        return DockerClientFactory.instance().client();
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        if (UNUSABLE == null) {
            return ConditionEvaluationResult.enabled("Docker can be used");
        }
        String line = context.getRequiredTestClass().getSimpleName() + ": no usable Docker: " + UNUSABLE;
        String required = System.getenv(REQUIRE);
        if (required != null && !required.isEmpty()) {
            throw new IllegalStateException(line + " (" + REQUIRE + " is set, so that is a failure)");
        }
        System.out.println("SKIPPED " + line);
        return ConditionEvaluationResult.disabled("SKIPPED " + line);
    }

    /** Why Docker cannot be used, or null if it can: scripts/image needs the command, the tests need the daemon. */
    private static String findUnusable() {
        try {
            String why = commandFails();
            if (why == null) {
                client().pingCmd().exec();
            }
            return why;
        } catch (IOException missing) {
            return missing.getMessage();
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return "interrupted";
        } catch (RuntimeException refused) {
            return "the docker command reaches it, Testcontainers does not: " + firstLine(refused.toString());
        }
    }

    private static String commandFails() throws IOException, InterruptedException {
        Process version = new ProcessBuilder("docker", "version", "--format", "{{.Server.Version}}")
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null"))).start();
        MkProcess docker = new MkProcess(version, "docker version");
        if (!version.waitFor(WATCHDOG_SECONDS, TimeUnit.SECONDS)) {
            docker.kill();
            return "docker version does not end";
        }
        if (version.exitValue() == 0) {
            return null;
        }
        docker.err.awaitEnd(docker::describe);
        List<String> said = docker.err();
        return said.isEmpty() ? "docker version ends with " + version.exitValue() : said.getLast();
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse(text);
    }
}
