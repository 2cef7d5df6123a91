// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.ExitCode;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;

/** The device tree that a test names. Stateless. */
final class TestTree {
    private TestTree() {
    }

    /**
     * Where it is: seen from the working directory, or else a resource of the test's class path.
     *
     * @throws MachineTestException if it is neither
     */
    static Path find(String name, Class<?> test) {
        Path file = Path.of(name);
        if (Files.isRegularFile(file)) {
            return file;
        }
        URL resource = test.getResource(name.startsWith("/") ? name : "/" + name);
        try {
            if (resource != null && resource.getProtocol().equals("file")) {
                return Path.of(resource.toURI());
            }
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
        throw new MachineTestException(ExitCode.CONFIG, "device tree \"" + name + "\": there is no such file in "
            + Path.of("").toAbsolutePath() + " and no such resource on the class path: mend the path");
    }
}
