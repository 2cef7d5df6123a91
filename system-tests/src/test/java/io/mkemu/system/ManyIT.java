// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.host.InstanceStatus;
import io.mkemu.host.MachineStatus;
import io.mkemu.record.RecordedInstanceMain;
import io.mkemu.system.modules.Quiet;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** 32 instances come up, some die, all others end in order; the status is true at each moment of it. */
class ManyIT {
    private static final int INSTANCES = 32;
    private static final List<String> NAMES = IntStream.rangeClosed(1, INSTANCES).mapToObj(id -> "k" + id).toList();
    private static final List<String> KILLED = List.of("k3", "k17", "k32");

    @RegisterExtension
    final Mk mk = new Mk();

    private final Map<String, Long> pids = new HashMap<>();
    private final Set<String> active = new HashSet<>();
    private TestHost host;

    @Test
    @Timeout(600)
    void theStatusOf32InstancesIsTrueThroughout() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Quiet.class);
        TreeSource tree = new TreeSource();
        NAMES.forEach(name -> tree.instance(name, jar));
        try (TestHost made = TestHost.boot(mk, tree, "many")) {
            host = made;
            checkResources(0);
            made.start(NAMES.toArray(String[]::new));
            made.await(() -> "of " + INSTANCES + " only " + active + " are active", this::isUp);
            SortedMap<Integer, Long> processes = Procs.instances(made.directory());
            assertEquals(INSTANCES, processes.size());
            for (String name : NAMES) {
                assertEquals(pids.get(name), processes.get(made.status(name).id()), name);
                assertEquals(1, made.log(name, "quiet: up").size(), made::describe);
            }
            checkResources(0);

            KILLED.forEach(name -> TestHost.kill9(pids.get(name)));
            made.await(() -> "not exactly " + KILLED + " are failed", this::isPartlyDead);
            checkResources(0);
            assertEquals(INSTANCES - KILLED.size(), Procs.instances(made.directory()).size());

            List<String> alive = NAMES.stream().filter(name -> !KILLED.contains(name)).toList();
            assertEquals(List.of(), made.host().kill(alive, false, TestHost.BOOT_MILLIS));
            for (String name : alive) {
                check(made.status(name), InstanceState.LOADED, 0);
                assertEquals(1, made.log(name, "quiet: exit").size(), made::describe);
            }
            for (String name : KILLED) {
                assertEquals(List.of(), made.log(name, "quiet: exit"), made::describe);
            }
            made.host().delete(KILLED, false);
            assertEquals(Map.of(), Procs.instances(made.directory()));
            checkResources(KILLED.size());
            assertEquals(List.of(), made.shutDown());
        }
        assertEquals(List.of(), Trees.below(mk.sandbox()));
    }

    /** CPUs and memory add up: what instances have, what is free, and the host's CPU. */
    private void checkResources(int deleted) {
        MachineStatus machine = host.host().status();
        assertEquals(1 + INSTANCES - deleted, machine.instances().size());
        assertEquals(deleted, machine.freeCpus().size());
        assertEquals(INSTANCES + 1, machine.cpus().size());
        assertEquals(machine.cpus().size(), machine.freeCpus().size()
            + machine.instances().stream().mapToInt(instance -> instance.cpus().size()).sum());
        assertEquals(machine.memoryBytes(), machine.freeBytes()
            + machine.instances().stream().skip(1).mapToLong(InstanceStatus::memoryBytes).sum());
    }

    /** One look while they boot: from booting to active and never back, each with one process of its own. */
    private boolean isUp() {
        for (InstanceStatus status : instances()) {
            assertEquals("", status.reason(), status::toString);
            assertEquals(1, status.life(), status::toString);
            if (status.state() == InstanceState.ACTIVE) {
                assertEquals("", status.detail(), status::toString);
                active.add(status.name());
            } else {
                assertEquals(InstanceState.LOADED, status.state(), status::toString);
                assertEquals("booting", status.detail(), status::toString);
                assertTrue(!active.contains(status.name()), () -> "was active before: " + status);
            }
            if (pids.putIfAbsent(status.name(), status.pid()) == null) {
                List<String> words = Procs.commandLine(status.pid());
                /* Before it has become a JVM it still is what the JDK starts processes with. */
                int main = words.indexOf(RecordedInstanceMain.class.getName());
                assertTrue(main < 0 || words.get(main + 2).equals(Integer.toString(status.id())),
                    () -> status + " is " + words);
            }
            assertEquals(pids.get(status.name()), status.pid(), status::toString);
            assertTrue(ProcessHandle.of(status.pid()).isPresent(), status::toString);
        }
        assertEquals(INSTANCES, new HashSet<>(pids.values()).size());
        return active.size() == INSTANCES;
    }

    private boolean isPartlyDead() {
        int failed = 0;
        for (InstanceStatus status : instances()) {
            if (KILLED.contains(status.name()) && status.state() == InstanceState.FAILED) {
                assertEquals("killed by signal 9 (SIGKILL)", status.reason());
                check(status, InstanceState.FAILED, 0);
                failed++;
            } else {
                check(status, InstanceState.ACTIVE, pids.get(status.name()));
                assertEquals("", status.reason(), status::toString);
            }
        }
        return failed == KILLED.size();
    }

    private static void check(InstanceStatus status, InstanceState state, long pid) {
        assertEquals(state, status.state(), status::toString);
        assertEquals("", status.detail(), status::toString);
        assertEquals(pid, status.pid(), status::toString);
    }

    private List<InstanceStatus> instances() {
        List<InstanceStatus> all = host.host().status().instances();
        assertEquals(INSTANCES + 1, all.size());
        return all.subList(1, all.size());
    }
}
