// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Mount;
import com.github.dockerjava.api.model.MountType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.startupcheck.StartupCheckStrategy;

/**
 * A machine whose kernels live in a container each: a tmpfs volume for its RAM, one on the disk for its journal, one
 * for trees and modules; no network, no name space that two of them share, nothing of the image writable, no
 * capability. After each test none of it is left.
 */
final class ContainerMachine implements BeforeEachCallback, AfterEachCallback {
    static final String WORK = "/work";
    static final String JOURNAL = "/journal";
    static final String RAM = "/run/mkemu";
    /** The image's user. */
    private static final String USER = "mode=0700,uid=10001";
    private static final String RAM_BYTES = "128m";
    private static final long WATCHDOG_NANOS = TimeUnit.SECONDS.toNanos(Program.WATCHDOG_SECONDS);
    private static final long LOOK_MILLIS = 200;

    private final List<MkContainer> started = new ArrayList<>();
    private final Set<Path> copied = new HashSet<>();
    private DockerRun run;
    private Path files;
    private Path fetched;
    private List<Mount> mounts;
    private MkContainer host;

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        run = DockerRun.of(context);
        files = run.newDirectory();
        fetched = run.newDirectory();
        mounts = List.of(ram(RAM_BYTES), mount(run.volume(Map.of()), JOURNAL), mount(run.volume(Map.of()), WORK));
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        if (context.getExecutionException().isPresent()) {
            started.forEach(one -> System.out.println(one.describe()));
        }
        run.removeAll();
        Trees.delete(files);
        Trees.delete(fetched);
        assertEquals(List.of(), run.left(), "left behind");
    }

    /** The machine's name; docker run lines make names of containers of it, which all that use a daemon share. */
    String machine() {
        return "lab-" + run.id();
    }

    /** The volume that the machine lies on. */
    String ramVolume() {
        return mounts.getFirst().getSource();
    }

    DockerRun run() {
        return run;
    }

    /** A directory for what is fetched. */
    Path fetched() {
        return fetched;
    }

    /** A directory for trees and jars: what lies in it when the host is started, containers see as {@link #WORK}. */
    Path files() {
        return files;
    }

    /** A new volume for RAM, of this size. */
    Mount ram(String size) {
        return mount(run.volume(Map.of("type", "tmpfs", "device", "tmpfs", "o", USER + ",size=" + size)), RAM);
    }

    private static Mount mount(String volume, String target) {
        return new Mount().withType(MountType.VOLUME).withSource(volume).withTarget(target);
    }

    /** A tree whose instances somebody else starts. */
    static TreeSource tree(String bootargs) {
        return new TreeSource().bootargs("idle=halt " + bootargs).properties("mkemu,external;");
    }

    /** How a module's jar in {@link #files} is named in a tree. */
    static String jar(Path jar) {
        return WORK + "/" + jar.getFileName();
    }

    /** Skips the rest of a test that needs more CPUs than the daemon's machine has, and says so as loudly. */
    void needsCpus(int count) {
        int there = run.client().infoCmd().exec().getNCPU();
        if (there < count) {
            System.out.println("SKIPPED a test that needs " + count + " CPUs: the daemon's machine has " + there);
        }
        assumeTrue(there >= count, "not enough CPUs");
    }

    /** Starts {@code mk host TREE ARGS}, waits until it is up. */
    MkContainer host(TreeSource tree, Object... args) throws IOException, InterruptedException {
        return host(limits -> { }, tree, args);
    }

    /** The same, with limits of its own. */
    MkContainer host(Consumer<HostConfig> limits, TreeSource tree, Object... args)
        throws IOException, InterruptedException {
        List<Object> command = new ArrayList<>(hostOf(tree));
        command.addAll(List.of(args));
        host = start(limits, command.toArray());
        awaitUp();
        return host;
    }

    /** The command of a host for a tree. */
    List<String> hostOf(TreeSource tree) throws IOException {
        tree.write(files, machine());
        return List.of("host", WORK + "/" + machine() + ".dts");
    }

    /** The host has been replaced by another. */
    void host(MkContainer another) throws IOException, InterruptedException {
        host = another;
        awaitUp();
    }

    private void awaitUp() throws IOException, InterruptedException {
        await("the host is not up", () -> {
            assertTrue(host.isAlive(), host::describe);
            return host.exec("mk", "show").awaitExit() == 0;
        });
    }

    /** Starts the container of an instance, which asks the host for it and is it. */
    MkContainer join(String instance) {
        return join(limits -> { }, instance);
    }

    /** The same, with limits of its own. */
    MkContainer join(Consumer<HostConfig> limits, String instance) {
        return start(limits, "join", instance);
    }

    /** A container that only holds the RAM volume: what lies there stays when all others have ended. */
    MkContainer holder() {
        return start(run.image(), mounts, limits -> { }, List.of("sleep"), "3600");
    }

    /** Ends the machine in order; its host and its instances must end by themselves then. */
    void shutDown(MkContainer... kernels) throws IOException, InterruptedException {
        MkContainer shutdown = start(limits -> { }, "shutdown").ends(0);
        assertEquals(List.of("machine " + machine() + ": ended"), shutdown.out(), shutdown::describe);
        host.ends(0);
        for (MkContainer kernel : kernels) {
            kernel.ends(0);
        }
    }

    /** Removes all containers and the RAM. */
    void removeAllButTheDisk() {
        started.forEach(MkContainer::remove);
        started.clear();
        run.client().removeVolumeCmd(ramVolume()).exec();
        mounts = mounts.subList(1, mounts.size());
    }

    /** What the host says of an instance. */
    JsonNode show(String instance) throws IOException, InterruptedException {
        return new ObjectMapper().readTree(host.mk("show", instance, "--json").out().getFirst());
    }

    /** Waits until the host says that of an instance. */
    JsonNode awaitState(String instance, String state) throws IOException, InterruptedException {
        JsonNode[] last = new JsonNode[1];
        await(instance + " is not " + state, () -> {
            last[0] = show(instance);
            return last[0].get("state").asText().equals(state);
        });
        return last[0];
    }

    /** A condition that may be asked by way of a container. */
    interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    /** Waits for a condition. */
    void await(String whatIsWrong, Condition condition) throws IOException, InterruptedException {
        await(whatIsWrong, condition, host);
    }

    /** The same of a machine with another host. */
    void await(String whatIsWrong, Condition condition, MkContainer ofHost) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + WATCHDOG_NANOS;
        while (!condition.holds()) {
            if (System.nanoTime() - deadline > 0) {
                fail(whatIsWrong + "\n" + ofHost.describe());
            }
            Thread.sleep(LOOK_MILLIS);
        }
    }

    /** Starts {@code mk ARGS} in a container on the volumes of this machine. */
    MkContainer start(Consumer<HostConfig> limits, Object... args) {
        return start(run.image(), mounts, limits, List.of(), args);
    }

    /** The same of another image. */
    MkContainer startOf(String image, Object... args) {
        return start(image, mounts, limits -> { }, List.of(), args);
    }

    /** The same with other RAM. */
    MkContainer startOn(Mount ram, Object... args) {
        List<Mount> volumes = new ArrayList<>(mounts);
        volumes.set(0, ram);
        return start(run.image(), volumes, limits -> { }, List.of(), args);
    }

    private MkContainer start(String image, List<Mount> volumes, Consumer<HostConfig> limits, List<String> entryPoint,
        Object... args) {
        String[] words = List.of(args).stream().map(Object::toString).toArray(String[]::new);
        GenericContainer<?> container = new GenericContainer<>(image).withCommand(words).withLabels(run.labels())
            .withStartupCheckStrategy(new Any())
            .withCreateContainerCmdModifier(create -> {
                if (!entryPoint.isEmpty()) {
                    create.withEntrypoint(entryPoint);
                }
                HostConfig config = create.getHostConfig().withMounts(volumes).withNetworkMode("none")
                    .withIpcMode("private").withReadonlyRootfs(true).withCapDrop(Capability.ALL)
                    .withSecurityOpts(List.of("no-new-privileges"));
                limits.accept(config);
            });
        if (volumes.stream().anyMatch(mount -> mount.getTarget().equals(WORK))) {
            copyNewFiles(volumes);
        }
        container.start();
        MkContainer one = new MkContainer(container, String.join(" ", words));
        started.add(one);
        return one;
    }

    /** Once each: a JVM may have a jar open. */
    private void copyNewFiles(List<Mount> volumes) {
        List<Path> fresh;
        try (var all = Files.list(files)) {
            fresh = all.filter(copied::add).toList();
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
        if (!fresh.isEmpty()) {
            try (DockerCourier courier = new DockerCourier(run, volumes)) {
                fresh.forEach(file -> courier.put(file, WORK));
            }
        }
    }

    /** Copies what lies in a directory of the volumes to a directory here. */
    void fetch(String directory, Path to) throws IOException, InterruptedException {
        try (DockerCourier courier = new DockerCourier(run, mounts)) {
            courier.fetch(directory, to);
        }
    }

    /** Whatever becomes of it: tests want to see it end, too. */
    static final class Any extends StartupCheckStrategy {
        @Override
        public StartupStatus checkStartupState(DockerClient client, String id) {
            return StartupStatus.SUCCESSFUL;
        }
    }
}
