// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.os.Cgroups;
import io.mkemu.os.FileSystem;
import io.mkemu.os.OsException;
import io.mkemu.os.OsFile;
import io.mkemu.os.Shortage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.concurrent.UnsafeBuffer;

/** Makes the file that is a machine's physical RAM. */
public final class RamFile {
    /** Less than any host's JVM takes. */
    private static final long LEAST_JVM_BYTES = 32L << 20;
    private static final long MIB = 1L << 20;

    private RamFile() {
    }

    /**
     * Makes a RAM file of its full size, zeroed, with its header; on failure nothing is left behind.
     *
     * @param file   a name that nothing has yet; its directory belongs to this user
     * @param layout where everything will lie
     * @param ipi    the mailbox of all instances
     * @param name   of the machine
     * @throws MachineException with RESOURCES if the file system, or this container's memory limit, cannot hold it
     */
    public static void create(Path file, RamLayout layout, IpiMode ipi, String name) throws IOException {
        Cgroups.Limit limit = Cgroups.own().memory();
        if (layout.ramSize() > limit.value() - LEAST_JVM_BYTES) {
            throw new MachineException(ExitCode.RESOURCES, file + ": the machine's RAM needs " + mib(layout.ramSize())
                + " MiB, which count towards this container's or control group's memory limit of "
                + mib(limit.value()) + " MiB (" + limit.file() + "); ask for less memory-bytes"
                + fitting(layout, limit.value() - LEAST_JVM_BYTES) + ", or raise the limit (docker run --memory)");
        }
        if (FileSystem.of(file.getParent()).type().equals("hugetlbfs")) {
            throw new MachineException(ExitCode.RESOURCES, file + ": the file system is a hugetlbfs, which has huge "
                + "pages only, and kernels share single pages of " + Pages.PAGE_SIZE
                + " bytes; set MKEMU_DIR to a directory on a tmpfs");
        }
        try (OsFile ram = OsFile.create(file)) {
            ram.allocate(layout.ramSize());
        } catch (OsException refused) {
            if (refused.errno() != Errno.EEXIST) {
                Files.deleteIfExists(file);
            }
            throw explain(file, layout, refused);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS); Arena arena = Arena.ofConfined()) {
            UnsafeBuffer page = new UnsafeBuffer(
                channel.map(MapMode.READ_WRITE, 0, Pages.PAGE_SIZE, arena).address(), Pages.PAGE_SIZE);
            long now = System.nanoTime();
            long epoch = (now ^ ProcessHandle.current().pid() << 40) & Long.MAX_VALUE;
            new RamHeader(layout, ipi, epoch, now, name).write(page);
        }
    }

    /** What the user can ask for instead, if anything fits. */
    private static String fitting(RamLayout layout, long room) {
        long pool = room - (layout.ramSize() - layout.poolSize()) & -MIB;
        if (pool <= 0 || layout.poolSize() <= pool) {
            return "";
        }
        long part = 2;
        while (layout.poolSize() / part > pool) {
            part *= 2;
        }
        return " (0x" + Long.toHexString(pool) + ", " + mib(pool) + " MiB, would fit; --scale-memory 1/" + part
            + " makes a tree fit)";
    }

    private static MachineException explain(Path file, RamLayout layout, OsException refused) throws IOException {
        String shortage = Shortage.of(file, refused.errno());
        if (shortage != null) {
            return new MachineException(ExitCode.RESOURCES, file + ": the machine's RAM needs " + mib(layout.ramSize())
                + " MiB and " + shortage + "; ask for less memory-bytes"
                + fitting(layout, FileSystem.of(file.getParent()).freeBytes()) + ", or set MKEMU_DIR to a larger "
                + "memory file system; mk doctor looks at the place", refused);
        }
        return new MachineException(ExitCode.MACHINE, refused.getMessage() + "; remove it or use another machine name",
            refused);
    }

    private static long mib(long bytes) {
        return (bytes + MIB - 1) / MIB;
    }
}
