// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Several clients that change the same instances at once: each change is whole, and everything adds up. */
@Timeout(300)
class ClientsIT {
    private static final int CLIENTS = 4;
    private static final int REQUESTS = 100;
    /** What a client may be told that comes too late for something. */
    private static final Set<ExitCode> TOO_LATE = Set.of(ExitCode.STATE, ExitCode.RESOURCES, ExitCode.FAILED);

    @RegisterExtension
    final Mk mk = new Mk();

    @Test
    void clientsAtOnceCorruptNothing() throws Exception {
        mk.start("init", "--machine", "shared", "--cpus", "0-3", "--memory", "32M").ends(0);
        Bookkeeping books = new Bookkeeping(mk, "shared");
        List<String> before = mk.start("iomem").ends(0).out();
        AtomicBoolean done = new AtomicBoolean();
        Map<ExitCode, Integer> codes = new EnumMap<>(ExitCode.class);
        try (ExecutorService threads = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            Future<Integer> watch = threads.submit(() -> {
                int looks = 0;
                while (!done.get()) {
                    books.check();
                    looks++;
                }
                return looks;
            });
            List<Callable<List<ExitCode>>> clients = new ArrayList<>();
            for (int number = 0; number < CLIENTS; number++) {
                Random random = new Random(number);
                clients.add(() -> client(random));
            }
            try {
                for (Future<List<ExitCode>> client : threads.invokeAll(clients)) {
                    client.get().forEach(code -> codes.merge(code, 1, Integer::sum));
                }
            } finally {
                done.set(true);
            }
            assertTrue(watch.get() > 0);
        }
        assertTrue(codes.getOrDefault(ExitCode.OK, 0) > REQUESTS / 4, codes::toString);
        JsonNode status = books.check();
        Set<String> shown = new TreeSet<>();
        status.get("instances").forEach(one -> shown.add(one.get("id") + "-" + one.get("name").asText()));
        shown.remove("0-host");
        Set<String> mapped = new TreeSet<>();
        mk.start("iomem").ends(0).out("mk-instance-").forEach(
            line -> mapped.add(line.replaceFirst(".*mk-instance-(.*)-region-\\d+$", "$1")));
        assertEquals(shown, mapped);
        books.clear();
        assertEquals(before, mk.start("iomem").ends(0).out());
        assertEquals(Map.of(), Procs.instances(mk.machine("shared")));
        mk.start("shutdown").ends(0);
    }

    private List<ExitCode> client(Random random) throws Exception {
        List<ExitCode> codes = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            RandomVerb verb = RandomVerb.next(random);
            try {
                mk.ask("shared", verb.request());
                codes.add(ExitCode.OK);
            } catch (MachineException tooLate) {
                assertTrue(TOO_LATE.contains(tooLate.exitCode()), () -> verb + ": " + tooLate.getMessage());
                codes.add(tooLate.exitCode());
            }
        }
        return codes;
    }
}
