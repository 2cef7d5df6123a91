// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.machine.MachineDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where a journal may lie, and who may write it. */
@Timeout(300)
class JournalPlaceTest extends JournalFixture {
    @Test
    void oneHostWritesAtATime() throws IOException {
        try (JournalWriter writer = writer(SMALL)) {
            append(writer, 0, 1);
            refuses(ExitCode.MACHINE, "the journal " + directory
                + " is being written by another host; name another directory with --journal", directory);
            assertEquals(1, JournalDirectory.recordings(directory).size());
        }
        writer(SMALL).close();
    }

    @Test
    void foreignFilesAreNotTouched() throws IOException {
        Path notes = Files.writeString(directory.resolve("notes.txt"), "mine");
        refuses(ExitCode.MACHINE, directory + " is no journal: it holds notes.txt; name an empty or a new directory "
            + "with --journal", directory);
        assertEquals(List.of(notes), list(directory));
        Files.delete(notes);
        writer(SMALL).close();
        Path inside = Files.writeString(JournalDirectory.recordings(directory).getFirst().resolve("x"), "mine");
        refuses(ExitCode.MACHINE, directory + " is no journal: it holds " + directory.relativize(inside)
            + "; name an empty or a new directory with --journal", directory);
        refuses(ExitCode.MACHINE, inside + " is a file; name a directory with --journal", inside);
    }

    @Test
    void aJournalInAJournalIsRefused() throws IOException {
        writer(SMALL).close();
        Path recording = JournalDirectory.recordings(directory).getFirst();
        for (Path inside : List.of(directory.resolve("sub"), directory.resolve("sub/deeper"), recording.resolve("x"))) {
            refuses(ExitCode.MACHINE, inside + " lies in the journal " + directory
                + "; name a directory outside of it with --journal", inside);
            assertFalse(Files.exists(inside));
        }
        writer(SMALL).close();
    }

    @Test
    void theRamDirectoryIsRefused() throws IOException {
        Path ram = MachineDirectory.base();
        boolean was = Files.exists(ram);
        for (Path given : List.of(ram, ram.resolve("box/journal"))) {
            refuses(ExitCode.MACHINE, "the journal " + given + " lies in " + ram + ", where the machines' RAM is; name "
                + "a directory on a disk with --journal", given);
            assertFalse(Files.exists(given.resolve("lock")));
            assertEquals(was, Files.exists(ram));
        }
    }

    @Test
    void whatIsNoJournalIsRefused() {
        for (Path given : List.of(directory, directory.resolve("gone"))) {
            MachineException refused = assertThrows(MachineException.class,
                () -> JournalReader.open(given, problems::add));
            assertEquals(ExitCode.MACHINE, refused.exitCode());
            assertNull(refused.getCause());
        }
    }

    private void refuses(ExitCode code, String message, Path given) {
        MachineException refused = assertThrows(MachineException.class,
            () -> JournalWriter.create(given, "box", SMALL).close());
        assertEquals(message, refused.getMessage());
        assertEquals(code, refused.exitCode());
    }
}
