// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The demo: every pair of kernels exchanges messages and pages, and the result is verified. */
class DemoIT {
    private static final ObjectMapper MAPPER =
        new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    @RegisterExtension
    final Mk mk = new Mk();

    @Test
    void printsOneJsonObjectAndNothingElse() throws Exception {
        MkProcess demo = mk.start("demo", "--json").ends(0);
        assertVerified(demo, 2, 10_000);
        assertTrue(demo.err().isEmpty(), demo::describe);
    }

    @Test
    void takesInstancesMessagesAndIdlePolicy() throws Exception {
        for (String idle : new String[] {"halt", "haltpoll", "poll"}) {
            assertVerified(mk.start("demo", "--instances", 3, "--messages", 2000, "--idle", idle, "--json").ends(0),
                3, 2000);
        }
    }

    @Test
    void printsAReportForPeople() throws Exception {
        MkProcess demo = mk.start("demo", "--messages", 500).ends(0);
        for (String wanted : new String[] {"web-server .*active", "database .*active", "host .*active",
            "3,000 sent, 3,000 delivered, 0 lost, 0 torn", "0 reordered", "pages .* verified", "p50 .*p99 .*max",
            "^VERIFIED$"}) {
            assertEquals(1, demo.out(wanted).size(), () -> wanted + "\n" + demo.describe());
        }
        assertTrue(demo.out().size() <= 24, demo::describe);
        assertTrue(demo.err().isEmpty(), demo::describe);
    }

    private static void assertVerified(MkProcess demo, int instances, long messages) throws IOException {
        assertEquals(1, demo.out().size(), demo::describe);
        JsonNode root = MAPPER.readTree(demo.out().getFirst());
        assertTrue(root.required("ok").booleanValue(), demo::describe);

        Set<Long> pids = new HashSet<>(Set.of(demo.pid()));
        Set<String> names = new HashSet<>();
        Set<Integer> cpus = new HashSet<>();
        for (JsonNode instance : root.required("instances")) {
            assertTrue(pids.add(instance.required("pid").longValue()), demo::describe);
            assertTrue(names.add(instance.required("name").textValue()), demo::describe);
            assertEquals(names.size(), instance.required("id").intValue());
            assertEquals("active", instance.required("state").textValue());
            assertTrue(instance.required("bootMillis").longValue() > 0, demo::describe);
            assertTrue(instance.required("cpus").size() >= 1, demo::describe);
            assertEquals(instance.required("cpus").size(), instance.required("hostCpus").size());
            instance.required("cpus").forEach(cpu -> assertTrue(cpus.add(cpu.intValue()), demo::describe));
        }
        assertEquals(instances, root.required("instances").size());

        JsonNode ipi = root.required("ipi");
        int kernels = instances + 1;
        assertEquals(kernels * (kernels - 1) * messages, ipi.required("sent").longValue());
        assertEquals(ipi.required("sent").longValue(), ipi.required("delivered").longValue());
        for (String bad : new String[] {"lost", "torn", "reordered"}) {
            assertEquals(0, ipi.required(bad).longValue(), bad);
        }
        JsonNode pfn = root.required("pfn");
        assertTrue(pfn.required("shared").longValue() >= instances, demo::describe);
        assertEquals(pfn.required("shared").longValue(), pfn.required("verified").longValue());
        JsonNode nanos = root.required("roundTripNanos");
        assertTrue(nanos.required("p50").longValue() > 0, demo::describe);
        assertTrue(nanos.required("p50").longValue() <= nanos.required("p99").longValue(), demo::describe);
        assertTrue(nanos.required("p99").longValue() <= nanos.required("max").longValue(), demo::describe);
    }
}
