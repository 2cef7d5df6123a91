// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.machine.MachineDirectory;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a journal may lie. */
public final class JournalPlace {
    private JournalPlace() {
    }

    /**
     * Makes a journal's directory, or finds one that can be used.
     *
     * @param given as the user named it
     * @return its real path
     * @throws MachineException if it holds what is not mkemu's, lies among the machines' RAM, or cannot be written
     */
    public static Path make(Path given) throws IOException {
        Path directory = given.toAbsolutePath().normalize();
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw new MachineException(ExitCode.MACHINE, given + " is a file; name a directory with --journal");
        }
        requireOffRam(given, directory);
        requireOutsideOfJournals(given, directory);
        try {
            Files.createDirectories(directory, JournalDirectory.OWNER_ONLY);
            if (!Files.isWritable(directory)) {
                throw new AccessDeniedException(directory.toString());
            }
        } catch (FileSystemException refused) {
            String why = refused instanceof AccessDeniedException ? "permission denied"
                : refused.getReason() == null ? refused.toString() : refused.getReason();
            throw new MachineException(ExitCode.RESOURCES, "the journal " + given + " cannot be written (" + why
                + "); name a directory that you may write to with --journal", refused);
        }
        Path real = directory.toRealPath();
        Path foreign = JournalDirectory.foreign(real);
        if (foreign != null) {
            throw new MachineException(ExitCode.MACHINE, given + " is no journal: it holds "
                + real.relativize(foreign) + "; name an empty or a new directory with --journal");
        }
        return real;
    }

    /* A journal holds nothing but recordings: with another one in it, it could not be recorded into any more. */
    private static void requireOutsideOfJournals(Path given, Path directory) throws IOException {
        for (Path above = directory.getParent(); above != null; above = above.getParent()) {
            if (Files.isRegularFile(above.resolve(JournalDirectory.LOCK))
                && !JournalDirectory.recordings(above).isEmpty()) {
                throw new MachineException(ExitCode.MACHINE, given + " lies in the journal " + above
                    + "; name a directory outside of it with --journal");
            }
        }
    }

    private static void requireOffRam(Path given, Path directory) throws IOException {
        Path there = directory;
        while (!Files.exists(there)) {
            there = there.getParent();
        }
        Path real = there.toRealPath().resolve(there.relativize(directory));
        Path ram = MachineDirectory.base();
        if (real.startsWith(Files.exists(ram) ? ram.toRealPath() : ram)) {
            throw new MachineException(ExitCode.MACHINE, "the journal " + given + " lies in " + ram + ", where the "
                + "machines' RAM is; name a directory on a disk with --journal");
        }
    }
}
