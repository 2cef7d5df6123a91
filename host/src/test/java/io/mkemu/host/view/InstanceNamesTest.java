// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.machine.MappedMachine;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.TestMachine;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InstanceNamesTest {
    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final MappedMachine mapped = machine.mapped();

    @BeforeEach
    void fill() {
        instance(0, "host", InstanceState.ACTIVE);
        instance(1, "web", InstanceState.FAILED);
        instance(9, "1", InstanceState.READY);
        instance(5, "gone", InstanceState.EMPTY);
    }

    private void instance(int id, String name, InstanceState state) {
        InstanceEntry entry = mapped.instances().entry(id);
        entry.name(name);
        entry.enter(state);
    }

    @ParameterizedTest
    @CsvSource({"host, 0", "0, 0", "web, 1", "9, 9", "1, 9"})
    void isFoundByNameFirstAndThenById(String name, int id) {
        assertEquals(id, InstanceNames.find(mapped, "m", name).id());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "we", "Web", "gone", "5", "256", "-1", "01"})
    void whatThereIsNotIsToldWithWhatThereIs(String name) {
        MachineException refused =
            assertThrows(MachineException.class, () -> InstanceNames.find(mapped, "m", name));
        assertEquals("machine \"m\" has no instance \"" + name + "\"; it has host (0), web (1), 1 (9)",
            refused.getMessage());
        assertEquals(ExitCode.STATE, refused.exitCode());
    }

    @Test
    void allAreThoseThatExist() {
        assertEquals(List.of(0, 1, 9), InstanceNames.all(mapped).stream().map(InstanceEntry::id).toList());
    }
}
