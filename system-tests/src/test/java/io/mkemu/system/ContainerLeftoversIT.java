// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.github.dockerjava.api.DockerClient;
import io.mkemu.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a killed test run leaves behind goes with the next run; what belongs to one that lives stays. */
@NeedsDocker
class ContainerLeftoversIT {
    @RegisterExtension
    final ContainerMachine lab = new ContainerMachine();

    /** Another run of the tests, as far as its name and its lock go. It ends with this one at the latest. */
    static final class Neighbour {
        private Neighbour() {
        }

        /** Says its name and the directory of its files. */
        public static void main(String[] args) throws IOException {
            DockerOwner owner = DockerOwner.create();
            System.out.println(owner.name());
            System.out.println(owner.newDirectory());
            while (System.in.read() >= 0) {
                continue;
            }
        }
    }

    private static MkProcess startNeighbour() throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin/java").toString();
        MkProcess process = new MkProcess(new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"),
            Neighbour.class.getName()).start(), "a neighbour");
        process.awaitOut(2, ".");
        return process;
    }

    @Test
    void whatBelongsToALivingRunStaysAndGoesOnceThatHasBeenKilled() throws Exception {
        MkProcess neighbour = startNeighbour();
        String owner = neighbour.out().getFirst();
        Path files = Path.of(neighbour.out().getLast());
        Files.writeString(files.resolve("a-file"), "");
        make(owner);
        lab.run().sweep();
        assertEquals(List.of("container", "volume", "image", "files"), left(owner, files));
        neighbour.kill();
        lab.run().sweep();
        /* Another run, which may have begun just now, removes the same. */
        Await.until(() -> left(owner, files).isEmpty(), () -> "left: " + left(owner, files));
        assertEquals(false, Files.exists(files.getParent()), "its directory");
    }

    private DockerClient client() {
        return lab.run().client();
    }

    /** A container that runs, a volume that it uses, and an image's tag. */
    private void make(String owner) {
        Map<String, String> labels = Map.of(DockerRun.LABEL, owner);
        client().createVolumeCmd().withName("mkemu-it-" + owner + "-1").withLabels(labels).exec();
        client().tagImageCmd(lab.run().image(), "mkemu", "it-" + owner).exec();
        String id = client().createContainerCmd(lab.run().image()).withLabels(labels).withEntrypoint("sleep")
            .withCmd("600").exec().getId();
        client().startContainerCmd(id).exec();
    }

    private List<String> left(String owner, Path files) {
        List<String> left = new ArrayList<>();
        List<String> label = List.of(DockerRun.LABEL + "=" + owner);
        if (!client().listContainersCmd().withShowAll(true).withFilter("label", label).exec().isEmpty()) {
            left.add("container");
        }
        var volumes = client().listVolumesCmd().withFilter("label", label).exec().getVolumes();
        if (volumes != null && !volumes.isEmpty()) {
            left.add("volume");
        }
        if (!client().listImagesCmd().withFilter("reference", List.of("mkemu:it-" + owner)).exec().isEmpty()) {
            left.add("image");
        }
        if (Files.exists(files)) {
            left.add("files");
        }
        return left;
    }
}
