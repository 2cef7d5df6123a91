// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static io.mkemu.host.TestHost.kernel;
import static io.mkemu.host.TestHost.spec;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.host.life.Joining;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many clients at once, on few names, few CPUs and little memory. */
@Timeout(value = 240, threadMode = ThreadMode.SEPARATE_THREAD)
class HostConcurrencyTest {
    private static final int CLIENTS = 8;
    private static final int REQUESTS = 600;
    private static final List<String> NAMES = List.of("a", "b", "c", "d", "e");
    private static final Set<ExitCode> REFUSALS = Set.of(ExitCode.STATE, ExitCode.RESOURCES);
    /** Sizes are multiples of this, so that no rest of a size is rounded up when the pool is in pieces. */
    private static final long UNIT = 64 << 10;

    private final AtomicInteger done = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    @RegisterExtension
    private final TestHost box = TestHost.empty();
    private final Host host = box.host();

    @Test
    void noChangeIsEverSeenHalfDoneAndNothingIsLost() throws Exception {
        Snapshot before = Snapshot.of(host);
        host.boot();
        List<Callable<Void>> clients = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            Random random = new Random(client);
            clients.add(() -> {
                for (int request = 0; request < REQUESTS; request++) {
                    request(random);
                    check(host.status());
                }
                return null;
            });
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
            for (Future<Void> client : threads.invokeAll(clients)) {
                client.get();
            }
        }
        assertEquals(CLIENTS * REQUESTS, done.get() + refused.get());
        assertTrue(done.get() > CLIENTS * REQUESTS / 10, done + " were done, " + refused + " refused");
        assertTrue(refused.get() > CLIENTS * REQUESTS / 10, done + " were done, " + refused + " refused");
        checkTables();
        for (String name : host.names()) {
            if (host.status().instances().stream().anyMatch(i -> i.name().equals(name) && !i.detail().isEmpty())) {
                host.kill(List.of(name), true, 30_000);
            }
            if (box.status(name).state() == InstanceState.LOADED) {
                host.unload(List.of(name));
            }
            host.delete(List.of(name), false);
        }
        Snapshot after = Snapshot.of(host);
        assertEquals(before.status().freeBytes(), after.status().freeBytes());
        assertEquals(before.status().freeCpus(), after.status().freeCpus());
        assertEquals(before.plan(), after.plan());
        assertEquals(before.pool(), after.pool(), "bitmap and page table");
        assertEquals(List.of(0, -1, -1, -1, -1, -1, -1, -1), box.owners());
    }

    private void request(Random random) throws InterruptedException {
        String name = NAMES.get(random.nextInt(NAMES.size()));
        try {
            change(random, name);
            done.incrementAndGet();
        } catch (MachineException refusal) {
            if (!REFUSALS.contains(refusal.exitCode())) {
                throw refusal;
            }
            refused.incrementAndGet();
        }
    }

    private void change(Random random, String name) throws InterruptedException {
        boolean dryRun = random.nextInt(8) == 0;
        switch (random.nextInt(8)) {
            case 0 -> box.create(spec(random.nextInt(4), name, bytes(random), cpus(random)), dryRun);
            case 1 -> host.create(spec(0, name, bytes(random)), 1, dryRun);
            case 2 -> host.update(name, random.nextBoolean() ? null : List.of(cpus(random)),
                random.nextBoolean() ? 0 : bytes(random), dryRun);
            case 3 -> box.load(kernel(name, "idle=halt", "echo"));
            case 4 -> host.unload(List.of(name));
            case 5 -> host.delete(List.of(name), dryRun);
            case 6 -> host.start(List.of(name, name), true, Joining.byCommand(), line -> { });
            default -> host.kill(List.of(name), true, 30_000);
        }
    }

    private static long bytes(Random random) {
        return UNIT * (2 + random.nextInt(50));
    }

    private static Integer[] cpus(Random random) {
        return random.ints(1 + random.nextInt(2), 1, 8).distinct().boxed().toArray(Integer[]::new);
    }

    /** What a status tells is the whole of one moment. */
    private static void check(MachineStatus status) {
        List<Integer> cpus = new ArrayList<>(status.freeCpus());
        long bytes = status.freeBytes();
        Set<String> names = new HashSet<>();
        Set<Integer> ids = new HashSet<>();
        for (InstanceStatus instance : status.instances()) {
            assertTrue(names.add(instance.name()) && ids.add(instance.id()), status::toString);
            cpus.addAll(instance.cpus());
            assertEquals(instance.cpus().size(), instance.hostCpus().size(), status::toString);
            if (instance.id() == 0) {
                continue;
            }
            bytes += instance.memoryBytes();
            boolean waits = instance.detail().equals("waits to be joined") || instance.detail().startsWith("halting");
            assertTrue(instance.detail().isEmpty() || waits, status::toString);
            assertTrue(instance.state() == InstanceState.LOADED || instance.state() == InstanceState.READY && !waits,
                status::toString);
            assertEquals("", instance.reason(), status::toString);
            assertEquals(instance.state() == InstanceState.READY, instance.modules().isEmpty(), status::toString);
        }
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7), cpus.stream().sorted().toList(), status::toString);
        assertEquals(status.memoryBytes(), bytes, status::toString);
    }

    /** What lies in RAM is what the host says. */
    private void checkTables() {
        String map = Snapshot.iomem(box.mapped());
        for (HostedInstance instance : host.instances()) {
            int id = instance.spec().id();
            assertEquals(instance.spec().name(), box.entry(id).name());
            assertEquals(instance.spec().cpus().stream().sorted().toList(),
                IntStream.of(box.entry(id).cpus()).boxed().toList());
            assertEquals(instance.spec().memoryBytes(),
                box.entry(id).regions().stream().mapToLong(region -> region.size()).sum());
            assertNotEquals(0, box.entry(id).ipiArea());
            instance.spec().cpus().forEach(cpu -> assertEquals(id, box.apic(cpu).instanceId()));
            assertTrue(map.contains("mk-instance-" + id + "-" + instance.spec().name() + "-region-0"), map);
        }
        host.status().freeCpus().forEach(cpu -> assertEquals(-1, box.apic(cpu).instanceId()));
        assertTrue(map.lines().noneMatch(line -> line.contains("Allocation") || line.contains("Unfinished")), map);
    }
}
