// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSystemTest {
    @Test
    void saysWhatJavaSays() throws IOException {
        for (Path place : new Path[] {Path.of("/dev/shm"), Path.of("/proc/self")}) {
            FileSystem found = FileSystem.of(place);
            FileStore known = Files.getFileStore(place);
            assertEquals(known.type(), found.type());
            assertEquals(known.getTotalSpace(), found.totalBytes());
            assertEquals(known.isReadOnly(), found.readOnly());
        }
        assertTrue(FileSystem.of(Path.of("/dev/shm")).isMemory());
    }

    @Test
    void aMissingPathIsNamed(@TempDir Path directory) {
        Path missing = directory.resolve("missing");
        assertEquals(missing.toString(),
            assertThrows(NoSuchFileException.class, () -> FileSystem.of(missing)).getMessage());
    }

    @Test
    void limitsAreReadByTheirNames() {
        String limits = """
            Limit                     Soft Limit           Hard Limit           Units
            Max file size             1024                 unlimited            bytes
            Max processes             96364                96364                processes
            Max open files            unlimited            20000                files
            """;
        assertEquals(1024, ResourceLimit.FILE_SIZE.value(limits));
        assertEquals(96_364, ResourceLimit.PROCESSES.value(limits));
        assertEquals(ResourceLimit.UNLIMITED, ResourceLimit.OPEN_FILES.value(limits));
        assertEquals(ResourceLimit.UNLIMITED, ResourceLimit.ADDRESS_SPACE.value(limits));
        assertTrue(ResourceLimit.OPEN_FILES.value() > 2);
    }

    @Test
    void whatTheJdkMakesOfALimitIsExplained() {
        String files = "this process may open " + ResourceLimit.OPEN_FILES.value() + " files: raise ulimit -n; "
            + "see mk doctor";
        assertEquals(files, Shortage.of(new InternalError(new IOException("/x: Too many open files"))));
        assertTrue(Shortage.of(new IOException("error=11, Resource temporarily unavailable"))
            .startsWith("no further process can be started: "));
        assertTrue(Shortage.of(new OutOfMemoryError("unable to create native thread: possibly"))
            .matches("no further thread can be started: .*the user .*ulimit -u\\): raise the limit, .*see mk doctor"));
        assertEquals(null, Shortage.of(new OutOfMemoryError("Java heap space")));
        assertEquals(null, Shortage.of(new IllegalStateException()));
    }

    @Test
    void signalsHaveNames() {
        assertEquals("killed by signal 9 (SIGKILL)", Signals.describeExit(128 + 9));
        assertEquals("killed by signal 31 (SIGSYS)", Signals.describeExit(128 + 31));
        assertEquals("killed by signal 34 (SIGRTMIN)", Signals.describeExit(128 + 34));
        assertEquals("killed by signal 64 (SIGRTMIN+30)", Signals.describeExit(128 + 64));
        assertEquals("ended with exit code 128", Signals.describeExit(128));
        assertEquals("ended with exit code 255", Signals.describeExit(255));
        assertEquals("32", Signals.name(32));
    }
}
