// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import io.mkemu.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A file descriptor that Java's channels cannot give: opened close-on-exec and without following a link, allocated to
 * its full size, locked by open file description. Not thread-safe, except that one thread may block in
 * {@link #awaitUnlocked}.
 */
public final class OsFile implements AutoCloseable {
    private static final int AT_FDCWD = -100;
    private static final int O_RDONLY = 0;
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0x40;
    private static final int O_EXCL = 0x80;
    private static final int O_NOFOLLOW = System.getProperty("os.arch").equals("aarch64") ? 0x8000 : 0x20000;
    private static final int O_CLOEXEC = 0x80000;
    private static final int OWNER_ONLY = 0600;
    private static final int F_OFD_GETLK = 36;
    private static final int F_OFD_SETLK = 37;
    private static final int F_OFD_SETLKW = 38;
    private static final short F_RDLCK = 0;
    private static final short F_WRLCK = 1;
    private static final short F_UNLCK = 2;
    private static final int FLOCK_BYTES = 32;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final int ZEROS = 1 << 16;

    private final Path path;
    private final int fd;
    private boolean closed;

    private OsFile(Path path, int fd) {
        this.path = path;
        this.fd = fd;
    }

    /** Creates a file with mode 0600; fails if anything, a dangling link too, has its name. */
    public static OsFile create(Path path) throws IOException {
        return open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC);
    }

    /** Opens a file for reading and writing, making an empty one with mode 0600 if there is none. */
    public static OsFile openOrCreate(Path path) throws IOException {
        return open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC);
    }

    /** Opens a file that is there, for reading and writing. */
    public static OsFile open(Path path) throws IOException {
        return open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    }

    /** Opens a file that is there for looking only: nothing but {@link #isLockedByOther} is of use then. */
    public static OsFile openReadOnly(Path path) throws IOException {
        return open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    }

    /**
     * Whether fallocate works in a directory: a file is made there and removed.
     *
     * @return 0, or the negative errno of the call
     * @throws IOException if no file can be made there
     */
    public static int tryFallocate(Path directory) throws IOException {
        Path file = directory.resolve(".mkemu-" + ProcessHandle.current().pid());
        try (OsFile probe = create(file)) {
            return (int) Native.call(SystemCall.FALLOCATE, probe.fd, 0, 0, FLOCK_BYTES);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static OsFile open(Path path, int flags) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            int fd = (int) Native.call(SystemCall.OPENAT, AT_FDCWD, name.address(), flags, OWNER_ONLY);
            if (fd >= 0) {
                return new OsFile(path, fd);
            }
            if (fd == -Errno.ENOENT) {
                throw new NoSuchFileException(path.toString());
            }
            throw new OsException(path + ": cannot open: " + Errno.name(-fd), -fd);
        }
    }

    /**
     * Gives the file its size and every page of it a place on the file system now, so that a full file system is an
     * error here and not a SIGBUS at the first touch. Zeros are written where there is no fallocate: on a file system
     * such as ramfs that does not know it, or behind a system call filter that does not let it through.
     *
     * @param bytes the size
     * @throws OsException with ENOSPC if the file system cannot hold it
     */
    public void allocate(long bytes) throws IOException {
        int result;
        do {
            result = (int) Native.call(SystemCall.FALLOCATE, fd, 0, 0, bytes);
        } while (result == -Errno.EINTR);
        if (result < 0 && isReplaced(-result)) {
            result = writeZeros(bytes);
        }
        if (result < 0) {
            throw new OsException(path + ": cannot allocate " + bytes + " bytes: " + Errno.name(-result), -result);
        }
    }

    /** Whether zeros are written where fallocate is refused with this error. */
    public static boolean isReplaced(int errno) {
        return errno == Errno.EOPNOTSUPP || errno == Errno.ENOSYS || errno == Errno.EPERM;
    }

    private int writeZeros(long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment zeros = arena.allocate(ZEROS);
            for (long done = 0; done < bytes;) {
                long written = Native.call(SystemCall.WRITE, fd, zeros.address(), Math.min(ZEROS, bytes - done), 0);
                if (written < 0 && written != -Errno.EINTR) {
                    return (int) written;
                }
                done += Math.max(0, written);
            }
        }
        return 0;
    }

    /**
     * Tries to take the exclusive lock of this open file description. It ends with the process, whatever kills it.
     *
     * @return whether it was free; false also for the moment in which another description takes note of its coming free
     */
    public boolean tryLock() throws IOException {
        return control(F_OFD_SETLK, F_WRLCK) == 0;
    }

    /**
     * Waits, without using CPU, until nobody holds the exclusive lock. The operating system can only wait for a lock by
     * taking one: this one is shared, and let go of at once. {@link #tryLock} of another description fails for that
     * moment, though {@link #isLockedByOther} says that nobody holds the exclusive lock.
     */
    public void awaitUnlocked() throws IOException {
        while (control(F_OFD_SETLKW, F_RDLCK) != 0) {
            Thread.onSpinWait();
        }
        unlock();
    }

    /**
     * Whether another open file description holds the exclusive lock: whether that process lives. One that waits in
     * {@link #awaitUnlocked} does not count.
     */
    public boolean isLockedByOther() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flock = arena.allocate(FLOCK_BYTES, 8);
            flock.set(ValueLayout.JAVA_SHORT, 0, F_RDLCK);
            call(F_OFD_GETLK, flock);
            return flock.get(ValueLayout.JAVA_SHORT, 0) != F_UNLCK;
        }
    }

    /** Lets go of the lock. */
    public void unlock() throws IOException {
        control(F_OFD_SETLK, F_UNLCK);
    }

    /**
     * Where bytes that were written begin or end: SEEK_DATA, SEEK_HOLE. What lies between is zeros that take no room,
     * or none that anybody has touched.
     *
     * @param from byte to look from on
     * @param data whether what is looked for is data; else its end
     * @return the place; the file's size if there is none behind {@code from}; {@code from}, or the size for an end, on
     *     a file system that does not know
     */
    public long seek(long from, boolean data) throws IOException {
        long found = Native.call(SystemCall.LSEEK, fd, from, data ? SEEK_DATA : SEEK_HOLE, 0);
        if (found >= 0) {
            return found;
        }
        return data && found != -Errno.ENXIO ? from : Files.size(path);
    }

    private int control(int command, short type) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flock = arena.allocate(FLOCK_BYTES, 8);
            flock.set(ValueLayout.JAVA_SHORT, 0, type);
            return call(command, flock);
        }
    }

    private int call(int command, MemorySegment flock) throws IOException {
        int result = (int) Native.call(SystemCall.FCNTL, fd, command, flock.address(), 0);
        if (result >= 0) {
            return 0;
        }
        if (result == -Errno.EAGAIN || result == -Errno.EACCES || result == -Errno.EINTR) {
            return result;
        }
        throw new OsException(path + ": cannot lock: " + Errno.name(-result), -result);
    }

    /** Whether the path still names this very file: false once somebody has unlinked or replaced it. */
    public boolean isStillNamed() throws IOException {
        try {
            Object mine = Files.readAttributes(Path.of("/proc/self/fd/" + fd), "unix:dev,ino");
            return mine.equals(Files.readAttributes(path, "unix:dev,ino", LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    /** Closes the descriptor; a lock of it is free from now on. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        Native.call(SystemCall.CLOSE, fd, 0, 0, 0);
    }
}
