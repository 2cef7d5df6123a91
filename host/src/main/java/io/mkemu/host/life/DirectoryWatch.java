// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.machine.MachineDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Whether the directory of a machine still is what its host has made: a logout may clean shared memory, and nobody
 * tells the host. Any thread.
 */
public final class DirectoryWatch {
    private final MachineDirectory directory;
    private final HostLock lock;
    private final Object ram;

    /** The directory with its RAM file, as they are now. */
    public DirectoryWatch(MachineDirectory directory, HostLock lock) throws IOException {
        this.directory = directory;
        this.lock = lock;
        this.ram = identity(directory.ram());
    }

    /** Which file has a name now, as something that can be compared; an empty text if none has. */
    public static Object identity(Path file) throws IOException {
        try {
            return Files.readAttributes(file, "unix:dev,ino", LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException removed) {
            return "";
        }
    }

    /**
     * Looks.
     *
     * @return why the machine cannot go on, or null
     * @throws IOException if that cannot be seen now
     */
    public String problem() throws IOException {
        if (!lock.isStillNamed()) {
            return Files.exists(directory.path(), LinkOption.NOFOLLOW_LINKS)
                ? "somebody has removed " + directory.lifeLock(0) + ", the name may be taken by another host now"
                : "somebody has removed its directory " + directory.path();
        }
        return identity(directory.ram()).equals(ram) ? null
            : "somebody has removed its RAM " + directory.ram() + ", which nobody can open any more";
    }
}
