// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import io.mkemu.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/**
 * The file system that a path lies on, as statfs(2) tells it. Java's FileStore looks a mount point up instead, which
 * fails in a chroot. A value; immutable.
 *
 * @param type       as /proc/mounts names it, such as {@code tmpfs}; {@code 0x...} for a type without a name here
 * @param totalBytes its size; 0 where it has no limit of its own, as ramfs
 * @param freeBytes  what an unprivileged user can still take
 * @param inodes     how many files it can hold; 0 where it does not count them
 * @param freeInodes how many more files it can hold
 * @param readOnly   whether nothing can be written
 */
public record FileSystem(String type, long totalBytes, long freeBytes, long inodes, long freeInodes, boolean readOnly) {
    private static final Set<String> MEMORY = Set.of("tmpfs", "ramfs", "hugetlbfs");
    /** struct statfs of 64-bit Linux. */
    private static final int STATFS_BYTES = 120;
    private static final long F_TYPE = 0;
    private static final long F_BLOCKS = 16;
    private static final long F_BAVAIL = 32;
    private static final long F_FILES = 40;
    private static final long F_FFREE = 48;
    private static final long F_FRSIZE = 72;
    private static final long F_FLAGS = 80;
    private static final long ST_RDONLY = 1;

    /**
     * Asks.
     *
     * @param path of a file or directory
     * @throws NoSuchFileException if there is none
     * @throws OsException         if the system does not tell
     */
    public static FileSystem of(Path path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            MemorySegment statfs = arena.allocate(STATFS_BYTES, 8);
            int result = (int) Native.call(SystemCall.STATFS, name.address(), statfs.address(), 0, 0);
            if (result == -Errno.ENOENT) {
                throw new NoSuchFileException(path.toString());
            }
            if (result < 0) {
                throw new OsException(path + ": statfs: " + Errno.name(result), -result);
            }
            long block = word(statfs, F_FRSIZE);
            return new FileSystem(typeName(word(statfs, F_TYPE)), word(statfs, F_BLOCKS) * block,
                word(statfs, F_BAVAIL) * block, word(statfs, F_FILES), word(statfs, F_FFREE),
                (word(statfs, F_FLAGS) & ST_RDONLY) != 0);
        }
    }

    private static long word(MemorySegment statfs, long offset) {
        return statfs.get(ValueLayout.JAVA_LONG, offset);
    }

    /** Whether its files are in memory. */
    public boolean isMemory() {
        return MEMORY.contains(type);
    }

    /** Whether it counts its files and can hold no more. */
    public boolean hasNoInodes() {
        return inodes > 0 && freeInodes == 0;
    }

    /** Whether it can tell how much room it has. */
    public boolean hasSize() {
        return totalBytes > 0;
    }

    /** Magic numbers of linux/magic.h, for those that a machine may be put on. */
    private static String typeName(long magic) {
        return switch ((int) magic) {
            case 0x01021994 -> "tmpfs";
            case 0x858458f6 -> "ramfs";
            case 0x958458f6 -> "hugetlbfs";
            case 0xef53 -> "ext4";
            case 0x58465342 -> "xfs";
            case 0x9123683e -> "btrfs";
            case 0x2fc12fc1 -> "zfs";
            case 0xf2f52010 -> "f2fs";
            case 0x794c7630 -> "overlay";
            case 0x65735546 -> "fuse";
            case 0x6969 -> "nfs";
            case 0x01021997 -> "9p";
            case 0xff534d42, 0xfe534d42 -> "cifs";
            case 0x4d44 -> "vfat";
            case 0x5346544e -> "ntfs";
            case 0x73717368 -> "squashfs";
            case 0x9660 -> "iso9660";
            case 0x9fa0 -> "proc";
            case 0x62656572 -> "sysfs";
            default -> "0x" + Integer.toHexString((int) magic).toLowerCase(Locale.ROOT);
        };
    }
}
