// SPDX-License-Identifier: Apache-2.0
package io.mkemu.doctor;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Checks of tools that parts of mkemu use: without them machines run all the same. Stateless. Waits some seconds at
 * most for a Docker daemon that does not answer; throws nothing.
 */
final class ToolChecks {
    private static final long ANSWER_SECONDS = 5;

    private ToolChecks() {
    }

    static List<Finding> of(String path) {
        return List.of(docker(path), compiler(path));
    }

    static Finding compiler(String path) {
        Path cc = find(path, "cc", "gcc", "clang");
        return Finding.ok("cc", cc != null ? cc.toString()
            : "none; needed only for modules and kernels in C, and for scripts/bench");
    }

    static Finding docker(String path) {
        Path docker = find(path, "docker");
        if (docker == null) {
            return Finding.ok("docker", "none; needed only for kernels in containers");
        }
        try {
            Process asked = new ProcessBuilder(docker.toString(), "version", "--format", "{{.Server.Version}}")
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            if (!asked.waitFor(ANSWER_SECONDS, TimeUnit.SECONDS)) {
                asked.destroyForcibly();
                return silent(docker, "its daemon does not answer");
            }
            String version = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return asked.exitValue() == 0 ? Finding.ok("docker", docker + ", daemon " + version)
                : silent(docker, "no daemon can be reached");
        } catch (IOException broken) {
            return silent(docker, "it cannot be run (" + broken.getMessage() + ")");
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return silent(docker, "nobody waited for its answer");
        }
    }

    private static Finding silent(Path docker, String why) {
        return Finding.ok("docker", docker + ": " + why + "; needed only for kernels in containers");
    }

    private static Path find(String path, String... names) {
        for (String name : names) {
            for (String directory : path == null ? new String[0] : path.split(File.pathSeparator)) {
                Path file = Path.of(directory.isEmpty() ? "." : directory, name);
                if (Files.isRegularFile(file) && Files.isExecutable(file)) {
                    return file;
                }
            }
        }
        return null;
    }
}
