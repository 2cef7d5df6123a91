// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import io.mkemu.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * Other files in place of this process's standard streams, below all that writes to them, the JVM's own messages too.
 * Opening can fail and changes nothing; replacing cannot. And what the standard streams are. Any thread.
 */
public final class StandardStreams implements AutoCloseable {
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int O_RDONLY = 0;
    private static final int O_WRONLY = 1;
    private static final int O_CREAT = 0x40;
    private static final int O_APPEND = 0x400;
    private static final int O_NOFOLLOW = System.getProperty("os.arch").equals("aarch64") ? 0x8000 : 0x20000;
    private static final int O_CLOEXEC = 0x80000;
    private static final int OWNER_ONLY = 0600;
    private static final int AT_FDCWD = -100;
    /** struct pollfd: fd i32, events i16, revents i16. */
    private static final long POLLFD_LENGTH = 8;
    private static final long POLLFD_REVENTS = 6;
    private static final short POLLERR = 8;
    private static final int TCGETS = 0x5401;
    /** Room for struct termios, 36 bytes on amd64 and aarch64. */
    private static final long TERMIOS_ROOM = 64;

    private final int input;
    private final int output;

    private StandardStreams(int input, int output) {
        this.input = input;
        this.output = output;
    }

    /**
     * Opens what is to be the standard streams.
     *
     * @param output a file that stdout and stderr are appended to; made with mode 0600 if it is not there, a link is
     *               not followed. stdin becomes empty
     */
    public static StandardStreams open(Path output) throws IOException {
        int input = open(Path.of("/dev/null"), O_RDONLY | O_CLOEXEC);
        try {
            return new StandardStreams(input, open(output, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC));
        } catch (IOException refused) {
            close(input);
            throw refused;
        }
    }

    /** Whether nobody reads this process's standard output any more: the other end of the pipe is closed. */
    public static boolean isOutputUnread() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment poll = arena.allocate(POLLFD_LENGTH);
            poll.set(ValueLayout.JAVA_INT, 0, STDOUT);
            MemorySegment atOnce = arena.allocate(2 * Long.BYTES);
            long found = Native.call(SystemCall.PPOLL, poll.address(), 1, atOnce.address(), 0);
            return found > 0 && (poll.get(ValueLayout.JAVA_SHORT, POLLFD_REVENTS) & POLLERR) != 0;
        }
    }

    /** Whether this process's standard output is a terminal. */
    public static boolean isOutputTerminal() {
        return isTerminal(STDOUT);
    }

    /** Whether this process's standard error is a terminal. */
    public static boolean isErrorTerminal() {
        return isTerminal(STDERR);
    }

    private static boolean isTerminal(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            return Native.call(SystemCall.IOCTL, fd, TCGETS, arena.allocate(TERMIOS_ROOM).address(), 0) == 0;
        }
    }

    private static int open(Path path, int flags) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            int fd = (int) Native.call(SystemCall.OPENAT, AT_FDCWD, name.address(), flags, OWNER_ONLY);
            if (fd < 0) {
                throw new OsException(path + ": cannot open: " + Errno.name(-fd), -fd);
            }
            return fd;
        }
    }

    /** Puts them in place: whoever waits for the end of the former streams of this process sees it now. */
    public void replace() {
        duplicate(input, STDIN);
        duplicate(output, STDOUT);
        duplicate(output, STDERR);
    }

    private static void duplicate(int fd, int onto) {
        long result;
        do {
            result = Native.call(SystemCall.DUP3, fd, onto, 0, 0);
        } while (result == -Errno.EINTR || result == -Errno.EBUSY);
        if (result < 0) {
            throw new IllegalStateException("dup3 " + fd + " onto " + onto + ": " + Errno.name((int) -result));
        }
    }

    /** Closes the descriptors that were opened; those put in place stay. */
    @Override
    public void close() {
        close(input);
        close(output);
    }

    private static void close(int fd) {
        Native.call(SystemCall.CLOSE, fd, 0, 0, 0);
    }
}
