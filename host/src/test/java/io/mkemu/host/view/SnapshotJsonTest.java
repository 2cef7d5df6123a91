// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.TraceMode;
import io.mkemu.host.view.Snapshot.Cpu;
import io.mkemu.host.view.Snapshot.CpuState;
import io.mkemu.host.view.Snapshot.Kernel;
import io.mkemu.host.view.Snapshot.Lane;
import io.mkemu.host.view.Snapshot.Region;
import io.mkemu.host.view.Snapshot.RegionKind;
import io.mkemu.host.view.Snapshot.Share;
import io.mkemu.json.Json;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SnapshotJsonTest {
    private static final Snapshot FULL = full(41);

    private static Snapshot full(long taken) {
        Map<Counter, Long> counters = new EnumMap<>(Counter.class);
        for (Counter counter : Counter.values()) {
            counters.put(counter, 100L + counter.ordinal());
        }
        return new Snapshot("m", "running", 12, taken, 40, IpiMode.SINGLE_SLOT, 16, 1L << 33,
            List.of(new Kernel(1, "a \"b\"\u001b", InstanceState.FAILED, 3, 44, "why", List.of(2, 5), 8192, 4096,
                0x3000, 4096, "quiet", 3, 2, 1)),
            List.of(new Cpu(2, 7, -1, true, 1, CpuState.HALTED, 5, 6, 7, List.of(3), counters)),
            List.of(new Lane(2, 5, 1L << 40, 4)),
            List.of(new Region("out", RegionKind.INSTANCE_POOL, 4096, 8191, 1,
                List.of(new Region("in", RegionKind.IPI_AREA, 4096, 4097, 1, List.of())))),
            List.of(new Share(1, 0, 9, 2, true)), new Snapshot.Trace(TraceMode.IPI, 8, 9), List.of("damaged"));
    }

    /** Each component under its name, with its value; what is no text, number or list of such is left to itself. */
    private static void assertSame(Record value, JsonNode node) throws ReflectiveOperationException {
        List<String> keys = new ArrayList<>();
        node.fieldNames().forEachRemaining(keys::add);
        assertEquals(Arrays.stream(value.getClass().getRecordComponents()).map(RecordComponent::getName).toList(),
            keys);
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            component.getAccessor().setAccessible(true);
            Object part = component.getAccessor().invoke(value);
            JsonNode found = node.get(component.getName());
            switch (part) {
                case Record inner -> assertSame(inner, found);
                case List<?> list -> {
                    assertEquals(list.size(), found.size(), component.getName());
                    for (int index = 0; index < list.size(); index++) {
                        if (list.get(index) instanceof Record inner) {
                            assertSame(inner, found.get(index));
                        } else {
                            assertEquals(list.get(index).toString(), found.get(index).asText());
                        }
                    }
                }
                case Map<?, ?> counters -> assertEquals(counters.size(), found.size());
                case Enum<?> name -> assertEquals(
                    name.name().toLowerCase(Locale.ROOT).replace("single_slot", "single-slot"), found.asText());
                default -> assertEquals(part.toString(), found.asText(), component.getName());
            }
        }
    }

    @Test
    void hasEachComponentUnderItsName() throws ReflectiveOperationException {
        ObjectNode node = SnapshotJson.of(FULL);
        assertSame(FULL, node);
        assertEquals(112, node.at("/cpus/0/counters/halts").asLong());
        assertEquals("ipi_area", node.at("/memory/0/children/0/kind").asText());
        assertTrue(Json.text(node).contains("\\u001B"), node::toString);
    }

    @Test
    void ratesToo() throws ReflectiveOperationException {
        Rates rates = Rates.between(full(1), FULL);
        assertEquals(1, rates.lanes().size());
        assertSame(rates, SnapshotJson.of(rates));
    }
}
