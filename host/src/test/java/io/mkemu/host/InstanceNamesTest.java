// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceState;
import io.mkemu.ipi.IpiMode;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.RamFile;
import io.mkemu.memory.RamLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InstanceNamesTest {
    @TempDir
    private Path directory;
    private PhysicalMemory memory;

    @BeforeEach
    void makeRam() throws IOException {
        RamFile.create(directory.resolve("ram"), new RamLayout(2, 16, 1 << 20, 1 << 20), IpiMode.QUEUED, "names");
        memory = PhysicalMemory.open(directory.resolve("ram"));
        instance(0, "host", InstanceState.ACTIVE);
        instance(1, "web", InstanceState.FAILED);
        instance(9, "1", InstanceState.READY);
        instance(5, "gone", InstanceState.EMPTY);
    }

    @AfterEach
    void close() throws IOException {
        memory.close();
    }

    private void instance(int id, String name, InstanceState state) {
        InstanceEntry entry = memory.instances().entry(id);
        entry.name(name);
        entry.enter(state);
    }

    @ParameterizedTest
    @CsvSource({"host, 0", "0, 0", "web, 1", "9, 9", "1, 9"})
    void isFoundByNameFirstAndThenById(String name, int id) {
        assertEquals(id, InstanceNames.find(memory, "m", name).id());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "we", "Web", "gone", "5", "256", "-1", "01"})
    void whatThereIsNotIsToldWithWhatThereIs(String name) {
        MachineException refused =
            assertThrows(MachineException.class, () -> InstanceNames.find(memory, "m", name));
        assertEquals("machine \"m\" has no instance \"" + name + "\"; it has host (0), web (1), 1 (9)",
            refused.getMessage());
        assertEquals(ExitCode.STATE, refused.exitCode());
    }

    @Test
    void allAreThoseThatExist() {
        assertEquals(List.of(0, 1, 9), InstanceNames.all(memory).stream().map(InstanceEntry::id).toList());
    }
}
