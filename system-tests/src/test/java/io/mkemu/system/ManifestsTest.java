// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The manifests of deploy/kubernetes have only fields that Kubernetes knows, and values that fit each other. */
class ManifestsTest {
    private static Job job() throws IOException {
        return Manifests.only("sweep.yaml", Job.class);
    }

    private static PodSpec machine() throws IOException {
        return Manifests.only("machine.yaml", Pod.class).getSpec();
    }

    @Test
    void theSweepsShardsAreItsCompletions() throws IOException {
        var spec = job().getSpec();
        assertEquals("Indexed", spec.getCompletionMode());
        Container container = spec.getTemplate().getSpec().getContainers().getFirst();
        assertEquals(List.of(spec.getCompletions().toString()), container.getEnv().stream()
            .filter(variable -> variable.getName().equals("JOB_COMPLETIONS")).map(variable -> variable.getValue())
            .toList());
        assertTrue(container.getArgs().containsAll(List.of("--seed", "--json")), container.getArgs()::toString);
    }

    /** The rules ask for restartPolicy Never, and FailIndex for a limit per index; they are tried in their order. */
    @Test
    void aFailureThatWasFoundIsNotLookedForAgain() throws IOException {
        var spec = job().getSpec();
        assertEquals("Never", spec.getTemplate().getSpec().getRestartPolicy());
        assertTrue(spec.getBackoffLimitPerIndex() > 0);
        var rules = spec.getPodFailurePolicy().getRules();
        assertEquals(List.of("Ignore", "FailIndex"), rules.stream().map(rule -> rule.getAction()).toList());
        assertEquals("DisruptionTarget", rules.getFirst().getOnPodConditions().getFirst().getType());
        var codes = rules.getLast().getOnExitCodes();
        assertEquals(spec.getTemplate().getSpec().getContainers().getFirst().getName(), codes.getContainerName());
        assertEquals("In", codes.getOperator());
        assertEquals(List.of(1, 2, 3, 6, 70), codes.getValues());
    }

    @Test
    void theSweepsTreeIsTheConfigMaps() throws IOException {
        ConfigMap map = Manifests.only("sweep.yaml", ConfigMap.class);
        PodSpec pod = job().getSpec().getTemplate().getSpec();
        Volume tree = pod.getVolumes().stream().filter(volume -> volume.getConfigMap() != null).findFirst()
            .orElseThrow();
        assertEquals(map.getMetadata().getName(), tree.getConfigMap().getName());
        Container container = pod.getContainers().getFirst();
        String path = container.getVolumeMounts().stream().filter(mount -> mount.getName().equals(tree.getName()))
            .findFirst().orElseThrow().getMountPath();
        assertTrue(map.getData().keySet().stream().anyMatch(key -> container.getArgs().contains(path + "/" + key)),
            container.getArgs()::toString);
    }

    /** Else the static policy gives them no CPU of their own. */
    @Test
    void theMachinesPodIsGuaranteedWholeCpus() throws IOException {
        for (Container container : machine().getContainers()) {
            assertEquals(container.getResources().getLimits(), container.getResources().getRequests());
            assertTrue(container.getResources().getLimits().get("cpu").toString().matches("[1-9]\\d*"));
            assertTrue(container.getResources().getLimits().containsKey("memory"));
        }
    }

    @Test
    void theMachinesContainersShareADirectoryInMemory() throws IOException {
        PodSpec pod = machine();
        assertEquals(List.of("host", "web-server", "database"), pod.getContainers().stream().map(Container::getName)
            .toList());
        assertEquals(List.of("Memory"), pod.getVolumes().stream().map(volume -> volume.getEmptyDir().getMedium())
            .toList());
        String directory = pod.getContainers().getFirst().getVolumeMounts().getFirst().getMountPath();
        for (Container container : pod.getContainers()) {
            assertEquals(List.of("MKEMU_DIR=" + directory + "/machines"), container.getEnv().stream()
                .map(variable -> variable.getName() + "=" + variable.getValue()).toList());
        }
    }

    /** What the restricted Pod Security Standard asks for, and more. */
    @Test
    void allAreConfined() throws IOException {
        for (PodSpec pod : List.of(machine(), job().getSpec().getTemplate().getSpec())) {
            assertTrue(pod.getSecurityContext().getRunAsNonRoot());
            assertEquals(10001, pod.getSecurityContext().getRunAsUser());
            assertEquals("RuntimeDefault", pod.getSecurityContext().getSeccompProfile().getType());
            assertFalse(pod.getAutomountServiceAccountToken());
            Set<String> volumes = pod.getVolumes().stream().map(Volume::getName).collect(Collectors.toSet());
            for (Container container : pod.getContainers()) {
                assertEquals("mkemu:latest", container.getImage());
                assertFalse(container.getSecurityContext().getAllowPrivilegeEscalation());
                assertTrue(container.getSecurityContext().getReadOnlyRootFilesystem());
                assertEquals(List.of("ALL"), container.getSecurityContext().getCapabilities().getDrop());
                container.getVolumeMounts().forEach(mount -> assertTrue(volumes.contains(mount.getName())));
            }
        }
    }

    /** A mistake anywhere is seen: the model itself would keep what it does not know. */
    @ParameterizedTest
    @CsvSource({"sweep.yaml, completionMode:, completionsMode:", "sweep.yaml, onExitCodes:, onExitCode:",
        "sweep.yaml, medium:, media:", "machine.yaml, readOnlyRootFilesystem:, readOnlyRootFileSystem:",
        "machine.yaml, timeoutSeconds:, timeout:", "machine.yaml, mountPath:, path:", "machine.yaml, name:, nam:"})
    void anUnknownFieldFails(String name, String known, String unknown) throws IOException {
        String text = Manifests.text(name);
        assertTrue(text.contains(known), known);
        String wrong = text.replaceFirst(known, unknown);
        UnrecognizedPropertyException seen = assertThrows(UnrecognizedPropertyException.class,
            () -> Manifests.parse(wrong));
        assertEquals(unknown.replace(":", ""), seen.getPropertyName());
    }

    @Test
    void aFieldThatIsThereTwiceFails() throws IOException {
        String twice = Manifests.text("sweep.yaml").replace("  parallelism: 4", "  parallelism: 4\n  parallelism: 4");
        assertThrows(IOException.class, () -> Manifests.parse(twice));
    }
}
