// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.RamLayout;
import io.mkemu.cli.type.MachineFlags;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Window;
import io.mkemu.plan.MachinePlan;
import io.mkemu.simulate.StressRuns;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VirtualRamTest {
    private static final byte ANY = 0x55;

    private final Arena arena = Arena.ofShared();
    @TempDir
    private Path directory;
    private MachinePlan plan;
    private RamLayout layout;
    private VirtualRam ram;

    @BeforeEach
    void make() throws IOException {
        StressRuns.prepare(directory);
        plan = MachinePlan.of(MachineFlags.read(directory.resolve("queued.dts").toString()));
        layout = plan.layout();
        ram = new VirtualRam(layout.ramSize(), arena);
    }

    @AfterEach
    void free() {
        arena.close();
    }

    private PhysicalMemory begins(boolean trace) {
        return ram.begins(plan, 42, trace, new VirtualPlatform());
    }

    @Test
    void nothingIsLeftOfWhatAMachineCanWrite() throws IOException {
        try (PhysicalMemory memory = begins(true)) {
            Set<Long> tables = new LinkedHashSet<>();
            for (int id = 0; id <= 2; id++) {
                tables.add(layout.instancesAt() + 4096L * id + 4095);
                tables.add(layout.logsAt() + 36_864L * id + 36_863);
            }
            tables.add(layout.instancesAt() - 1);
            tables.add((long) layout.traceRingAt(layout.nrCpus()) - 1);
            tables.forEach(at -> memory.tables().putByte(at.intValue(), ANY));
            memory.pageTable().grant((layout.ramSize() - 1) / 4096, 255);
            for (long page : new long[] {layout.poolMapAt(), layout.hostAt(), layout.poolAt(),
                layout.ramSize() - 4096}) {
                try (Window window = memory.map(page, 4096)) {
                    window.buffer().setMemory(0, 4096, ANY);
                }
            }
        }
        assertEquals(-1, ram.firstLeft());
    }

    @Test
    void theNextMachineFindsZeros() throws IOException {
        long page = layout.poolAt() + 8192;
        try (PhysicalMemory first = begins(false); Window window = first.map(page, 8192)) {
            window.buffer().setMemory(0, 8192, ANY);
        }
        try (PhysicalMemory second = begins(false); Window window = second.map(page + 4096, 4096)) {
            assertEquals(0, window.buffer().getLong(0));
            assertEquals(0, window.buffer().getLong(4088));
        }
        assertEquals(-1, ram.firstLeft());
    }

    /** So that a test sees where a new part of a machine is forgotten here. */
    @Test
    void whatNobodyKnowsOfIsFound() throws IOException {
        try (PhysicalMemory memory = begins(false)) {
            memory.tables().putByte((int) layout.instancesAt() + 200 * 4096 + 8, ANY);
        }
        assertTrue(ram.firstLeft() > 0);
    }
}
