// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.CreateVolumeCmd;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.Image;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.DockerClientFactory;

/**
 * What all container tests of this process share: the image of the build under test, made by scripts/image at first
 * use, and an owner's name that everything made here bears. The end of the process removes all of it; after a kill -9
 * the next run does, whoever's it is.
 */
final class DockerRun implements AutoCloseable {
    /** The label whose value is a {@link DockerOwner}'s name. */
    static final String LABEL = "io.mkemu.it.owner";
    private static final String TAG = "mkemu:it-";
    private static final String VARIANT = "variant-";
    private static final int BUILD_SECONDS = 300;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long GONE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final DockerClient client = DockerCondition.client();
    private final DockerOwner owner = DockerOwner.create();
    private final Thread hook = new Thread(this::remove, "docker-clean-up");
    private int volumes;

    private DockerRun() throws IOException, InterruptedException {
        Runtime.getRuntime().addShutdownHook(hook);
        sweep();
        buildImage();
    }

    /** The one of this process. */
    static DockerRun of(ExtensionContext context) {
        return context.getRoot().getStore(ExtensionContext.Namespace.create(DockerRun.class))
            .getOrComputeIfAbsent(DockerRun.class, key -> {
                try {
                    return new DockerRun();
                } catch (IOException | InterruptedException fault) {
                    throw new IllegalStateException(fault);
                }
            }, DockerRun.class);
    }

    /** One after the other, if several processes make it: the later ones find its layers made. */
    private void buildImage() throws IOException, InterruptedException {
        Path file = Files.createDirectories(Mk.root().resolve("target")).resolve("it-image.lock");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.lock()) {
            assertTrue(lock.isValid());
            buildImageAlone();
        }
    }

    private void buildImageAlone() throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(Mk.root().resolve("scripts/image").toString(), "--tag", image());
        builder.environment().put("MKEMU_NO_BUILD", "1");
        builder.environment().put("MKEMU_JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.redirectInput(Path.of("/dev/null").toFile()).start();
        MkProcess build = new MkProcess(process, "scripts/image", image());
        if (!process.waitFor(BUILD_SECONDS, TimeUnit.SECONDS)) {
            build.kill();
            fail("does not end\n" + build.describe());
        }
        assertEquals(0, build.end(), build::describe);
        build.out().forEach(System.out::println);
    }

    DockerClient client() {
        return client;
    }

    /** A new directory, for files. */
    Path newDirectory() throws IOException {
        return owner.newDirectory();
    }

    /** A few letters and digits that no other run has. */
    String id() {
        return owner.id();
    }

    /** The image under test. */
    String image() {
        return TAG + owner.name();
    }

    /** The tag for another image that a test makes. */
    String variant() {
        return TAG + VARIANT + owner.name();
    }

    /** What every container bears. Testcontainers adds labels of its own. */
    Map<String, String> labels() {
        return Map.of(LABEL, owner.name());
    }

    /** Makes a volume. */
    synchronized String volume(Map<String, String> options) {
        String name = "mkemu-it-" + owner.name() + "-" + ++volumes;
        Map<String, String> labels = new HashMap<>(labels());
        /* Testcontainers' helper, where it can be had, knows what it has to remove by these. */
        labels.putAll(DockerClientFactory.DEFAULT_LABELS);
        labels.put(DockerClientFactory.TESTCONTAINERS_SESSION_ID_LABEL, DockerClientFactory.SESSION_ID);
        CreateVolumeCmd create = client.createVolumeCmd().withName(name).withLabels(labels);
        if (!options.isEmpty()) {
            create.withDriverOpts(options);
        }
        create.exec();
        return name;
    }

    /** Whatever containers and volumes there are of this run. */
    List<String> left() {
        List<String> left = new ArrayList<>();
        containers(owner.name()::equals)
            .forEach(one -> left.add("container " + one.getNames()[0] + ", " + one.getStatus()));
        volumes(owner.name()::equals).forEach(one -> left.add("volume " + one));
        return left;
    }

    /** Removes what dead owners have left. */
    void sweep() throws IOException {
        remove(this::isDead);
        removeImages(this::isDead);
        owner.sweepFiles();
    }

    private boolean isDead(String name) {
        try {
            return owner.isDead(name);
        } catch (IOException unknown) {
            return false;
        }
    }

    /** Removes all of this run but the image. */
    void removeAll() {
        remove(owner.name()::equals);
    }

    private void remove() {
        try (owner) {
            removeAll();
            removeImages(owner.name()::equals);
        } catch (IOException | RuntimeException fault) {
            System.err.println("left behind in Docker, label " + LABEL + "=" + owner.name() + ": " + fault);
        }
    }

    private void remove(Predicate<String> whose) {
        for (Container container : containers(whose)) {
            tolerant(() -> client.removeContainerCmd(container.getId()).withForce(true).withRemoveVolumes(true).exec());
        }
        /* Another run may be removing the same; a volume is in use until the container is gone. */
        long deadline = System.nanoTime() + GONE_NANOS;
        while (!containers(whose).isEmpty() && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
        volumes(whose).forEach(name -> tolerant(() -> client.removeVolumeCmd(name).exec()));
    }

    private void removeImages(Predicate<String> whose) {
        /* What was made of another image goes before that. */
        for (String prefix : List.of(TAG + VARIANT, TAG)) {
            for (Image image : client.listImagesCmd().exec()) {
                String[] tags = image.getRepoTags() == null ? new String[0] : image.getRepoTags();
                Arrays.stream(tags).filter(tag -> tag.startsWith(prefix) && whose.test(tag.substring(prefix.length())))
                    .forEach(tag -> tolerant(() -> client.removeImageCmd(tag).exec()));
            }
        }
    }

    /** What is gone, or being removed by somebody else, is what was wanted. */
    private static void tolerant(Runnable removal) {
        try {
            removal.run();
        } catch (NotFoundException | ConflictException elsewhere) {
            return;
        }
    }

    private List<Container> containers(Predicate<String> whose) {
        return client.listContainersCmd().withShowAll(true).withFilter("label", List.of(LABEL)).exec().stream()
            .filter(container -> whose.test(container.getLabels().get(LABEL))).toList();
    }

    private List<String> volumes(Predicate<String> whose) {
        var found = client.listVolumesCmd().withFilter("label", List.of(LABEL)).exec().getVolumes();
        return found == null ? List.of() : found.stream().filter(volume -> whose.test(volume.getLabels().get(LABEL)))
            .map(volume -> volume.getName()).toList();
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(hook);
        remove();
    }
}
