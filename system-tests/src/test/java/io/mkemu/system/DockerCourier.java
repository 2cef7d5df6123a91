// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Mount;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Carries files into volumes and out of them: a container that has them mounted and never runs. */
final class DockerCourier implements AutoCloseable {
    private static final int WATCHDOG_SECONDS = 60;

    private final DockerClient client;
    private final String id;

    DockerCourier(DockerRun run, List<Mount> volumes) {
        client = run.client();
        id = client.createContainerCmd(run.image()).withLabels(run.labels())
            .withHostConfig(HostConfig.newHostConfig().withMounts(volumes).withNetworkMode("none")).exec().getId();
    }

    /** Copies a file into a directory, which must be a volume's. */
    void put(Path file, String directory) {
        client.copyArchiveToContainerCmd(id).withHostResource(file.toString()).withRemotePath(directory).exec();
    }

    /** Copies a directory of a volume, with its name, into one here. */
    void fetch(String directory, Path to) throws IOException, InterruptedException {
        Process tar = new ProcessBuilder("tar", "-x", "--no-same-owner", "-C", to.toString())
            .redirectOutput(ProcessBuilder.Redirect.INHERIT).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (InputStream archive = client.copyArchiveFromContainerCmd(id, directory).exec();
            OutputStream in = tar.getOutputStream()) {
            archive.transferTo(in);
        }
        assertTrue(tar.waitFor(WATCHDOG_SECONDS, TimeUnit.SECONDS), "tar does not end");
        assertEquals(0, tar.exitValue(), "tar");
    }

    @Override
    public void close() {
        client.removeContainerCmd(id).withForce(true).exec();
    }
}
