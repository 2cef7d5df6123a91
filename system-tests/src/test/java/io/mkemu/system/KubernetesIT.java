// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Mount;
import com.github.dockerjava.api.model.MountType;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.testcontainers.containers.GenericContainer;

/**
 * The containers of deploy/kubernetes with Docker, as a node would run them: command line, environment, user, limits,
 * mounts. An emptyDir in memory is a tmpfs that its group and all others may write to, as kubelet makes it.
 */
@NeedsDocker
class KubernetesIT {
    private static final String RUNS = "--runs";
    private static final int SWEEP_RUNS = 24;
    private static final String SHARDS = "shards.log";

    @RegisterExtension
    final ContainerMachine lab = new ContainerMachine();

    /** The volumes that are made for a pod, by the pod's names for them. */
    private final Map<String, Mount> volumes = new HashMap<>();

    private void make(PodSpec pod) throws IOException {
        for (Volume volume : pod.getVolumes()) {
            volumes.put(volume.getName(), volume.getConfigMap() != null ? files() : memory(pod, volume));
        }
    }

    private Mount memory(PodSpec pod, Volume volume) {
        return volume(Map.of("type", "tmpfs", "device", "tmpfs", "o", "mode=2777,uid=0,gid="
            + pod.getSecurityContext().getFsGroup() + ",size="
            + Quantity.getAmountInBytes(volume.getEmptyDir().getSizeLimit())));
    }

    private Mount volume(Map<String, String> options) {
        return new Mount().withType(MountType.VOLUME).withSource(lab.run().volume(options));
    }

    private Mount files() throws IOException {
        Mount made = volume(Map.of());
        try (DockerCourier courier = new DockerCourier(lab.run(), List.of(at(made, "/files", false)))) {
            for (Map.Entry<String, String> file
                : Manifests.only("sweep.yaml", ConfigMap.class).getData().entrySet()) {
                Path here = Files.writeString(lab.fetched().resolve(file.getKey()), file.getValue());
                courier.put(here, "/files");
            }
        }
        return made;
    }

    private static Mount at(Mount volume, String path, boolean readOnly) {
        return new Mount().withType(volume.getType()).withSource(volume.getSource()).withTarget(path)
            .withReadOnly(readOnly);
    }

    private MkContainer start(PodSpec pod, Container container, List<String> args, Map<String, String> environment) {
        List<Mount> mounts = container.getVolumeMounts().stream().map(mount -> at(volumes.get(mount.getName()),
            mount.getMountPath(), Boolean.TRUE.equals(mount.getReadOnly()))).toList();
        Map<String, String> all = new HashMap<>(environment);
        container.getEnv().forEach(variable -> all.put(variable.getName(), variable.getValue()));
        var user = pod.getSecurityContext();
        var confined = container.getSecurityContext();
        List<String> options = Boolean.FALSE.equals(confined.getAllowPrivilegeEscalation())
            ? List.of("no-new-privileges") : List.of();
        GenericContainer<?> made = new GenericContainer<>(lab.run().image()).withCommand(args.toArray(String[]::new))
            .withLabels(lab.run().labels()).withEnv(all).withStartupCheckStrategy(new ContainerMachine.Any())
            .withCreateContainerCmdModifier(create -> {
                create.withUser(user.getRunAsUser() + ":" + user.getRunAsGroup());
                create.getHostConfig().withMounts(mounts).withNetworkMode("none").withIpcMode("private")
                    .withReadonlyRootfs(confined.getReadOnlyRootFilesystem()).withSecurityOpts(options)
                    .withCapDrop(confined.getCapabilities().getDrop().stream().map(Capability::valueOf)
                        .toArray(Capability[]::new))
                    .withMemory(Quantity.getAmountInBytes(container.getResources().getLimits().get("memory"))
                        .longValueExact());
            });
        made.start();
        return new MkContainer(made, String.join(" ", args));
    }

    /** A shard of the sweep, of fewer runs. */
    private MkContainer shard(int index, String faults) throws IOException {
        PodSpec pod = Manifests.only("sweep.yaml", Job.class).getSpec().getTemplate().getSpec();
        Container container = pod.getContainers().getFirst();
        List<String> args = new ArrayList<>(container.getArgs());
        args.set(args.indexOf(RUNS) + 1, Integer.toString(SWEEP_RUNS));
        Collections.replaceAll(args, "pause,slow,boot", faults);
        return start(pod, container, args, Map.of("JOB_COMPLETION_INDEX", Integer.toString(index)));
    }

    /** It says on stderr which shard it is, and how much it did. */
    private static MkContainer ended(MkContainer shard, int code) throws InterruptedException {
        assertEquals(code, shard.awaitExit(), shard::describe);
        shard.out.awaitEnd(shard::describe);
        shard.err.awaitEnd(shard::describe);
        assertTrue(shard.err().size() == 2 && shard.err().stream().allMatch(line -> line.startsWith("mk: ")),
            shard::describe);
        return shard;
    }

    @Test
    void theSweepsShardsAddUp() throws Exception {
        Job job = Manifests.only("sweep.yaml", Job.class);
        make(job.getSpec().getTemplate().getSpec());
        int shards = job.getSpec().getCompletions();
        List<String> log = new ArrayList<>();
        for (int index = 0; index < shards; index++) {
            MkContainer shard = ended(shard(index, "pause,slow,boot"), 0);
            assertEquals(1, shard.out().size(), shard::describe);
            assertEquals("mk: shard " + index + "/" + shards + ", as JOB_COMPLETION_INDEX and JOB_COMPLETIONS say",
                shard.err().getFirst());
            /* kubectl logs has both. */
            log.addAll(shard.err());
            log.addAll(shard.out());
            shard.remove();
        }
        Files.write(lab.files().resolve(SHARDS), log);
        MkContainer merge = lab.start(limits -> { }, "simulate", "merge", ContainerMachine.WORK + "/" + SHARDS).ends(0);
        assertEquals(List.of(), merge.err(), merge::describe);
        assertTrue(merge.out().getFirst().startsWith("simulate: no run of " + SWEEP_RUNS + " failed (seeds 1 to "
            + SWEEP_RUNS + "): "), merge::describe);
    }

    /** It has to record the run that failed, where nothing can be written but what the manifest mounts. */
    @Test
    void aShardThatFindsAFailureEndsWith1() throws Exception {
        make(Manifests.only("sweep.yaml", Job.class).getSpec().getTemplate().getSpec());
        MkContainer shard = ended(shard(0, "kill"), 1);
        JsonNode found = new ObjectMapper().readTree(shard.out().getFirst());
        assertTrue(found.get("failed").booleanValue(), found::toString);
        assertEquals("mk simulate /tree/machine.dts --faults kill --seed " + found.get("seed").longValue(),
            found.get("again").textValue());
    }

    @Test
    void theMachinesContainersAreAMachine() throws Exception {
        PodSpec pod = Manifests.only("machine.yaml", Pod.class).getSpec();
        make(pod);
        List<MkContainer> kernels = new ArrayList<>();
        for (Container container : pod.getContainers()) {
            kernels.add(start(pod, container, container.getArgs(), Map.of()));
            if (kernels.size() == 1) {
                /* A node would start an instance again that came too early. */
                lab.await("the host is not up", () -> kernels.getFirst().exec("mk", "show").awaitExit() == 0,
                    kernels.getFirst());
            }
        }
        MkContainer host = kernels.getFirst();
        host.awaitOut(1, "host: demo: everything was verified$");
        List<String> probe = pod.getContainers().getFirst().getLivenessProbe().getExec().getCommand();
        host.exec(probe.toArray()).ends(0);
        /* Docker may end this one together with the host's first process. */
        host.exec("mk", "shutdown");
        for (MkContainer kernel : kernels) {
            kernel.ends(0);
        }
    }
}
