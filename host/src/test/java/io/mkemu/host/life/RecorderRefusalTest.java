// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.TraceMode;
import io.mkemu.host.TestHost;
import io.mkemu.trace.TraceControl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Machines that are not recorded. */
@Timeout(300)
class RecorderRefusalTest {
    @TempDir
    private Path directory;

    @Test
    void aMachineWithoutAJournalHasNoModeToChange() throws Exception {
        try (TestHost box = TestHost.make()) {
            MachineException refused = assertThrows(MachineException.class,
                () -> box.machine().recorder().mode(TraceMode.IPI));
            assertEquals("machine \"box\" has no journal: mk trace set ipi --journal DIR adds one",
                refused.getMessage());
            assertEquals(ExitCode.STATE, refused.exitCode());
            assertEquals(TraceMode.OFF, new TraceControl(box.memory()).mode());
            assertFalse(Files.exists(box.machine().directory().journal()));
        }
    }

    @Test
    void aJournalThatCannotBeLeavesNothing() throws Exception {
        Files.writeString(directory.resolve("mine"), "x");
        /* TestHost cannot remove the directory it made for the machine unless that is empty. */
        MachineException refused = assertThrows(MachineException.class,
            () -> TestHost.record(directory, TraceMode.IPI).close());
        assertEquals(ExitCode.MACHINE, refused.exitCode());
        assertTrue(refused.getMessage().contains("holds mine"), refused::getMessage);
        try (var files = Files.list(directory)) {
            assertEquals(List.of(directory.resolve("mine")), files.toList());
        }
    }
}
