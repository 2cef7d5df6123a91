// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import io.mkemu.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Other files in place of this process's standard streams, below all that writes to them, the JVM's own messages too.
 * Opening can fail and changes nothing; replacing cannot.
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
    private static final MethodHandle OPEN = Native.withErrno("open",
        FunctionDescriptor.of(Native.INT, ValueLayout.ADDRESS, Native.INT, Native.INT),
        Linker.Option.firstVariadicArg(2));
    private static final MethodHandle DUP2 =
        Native.withErrno("dup2", FunctionDescriptor.of(Native.INT, Native.INT, Native.INT));
    private static final MethodHandle CLOSE = Native.plain("close", FunctionDescriptor.of(Native.INT, Native.INT));

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

    private static int open(Path path, int flags) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.newCallState(arena);
            int fd = (int) OPEN.invokeExact(state, arena.allocateFrom(path.toString()), flags, OWNER_ONLY);
            if (fd < 0) {
                int errno = Native.errno(state);
                throw new OsException(path + ": cannot open: " + Errno.name(errno), errno);
            }
            return fd;
        } catch (IOException | RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable fault) {
            throw Native.impossible(fault);
        }
    }

    /** Puts them in place: whoever waits for the end of the former streams of this process sees it now. */
    public void replace() {
        duplicate(input, STDIN);
        duplicate(output, STDOUT);
        duplicate(output, STDERR);
    }

    private static void duplicate(int fd, int onto) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.newCallState(arena);
            int result;
            do {
                result = (int) DUP2.invokeExact(state, fd, onto);
            } while (result < 0 && (Native.errno(state) == Errno.EINTR || Native.errno(state) == Errno.EBUSY));
            if (result < 0) {
                throw new IllegalStateException("dup2 " + fd + " onto " + onto + ": errno " + Native.errno(state));
            }
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable fault) {
            throw Native.impossible(fault);
        }
    }

    /** Closes the descriptors that were opened; those put in place stay. */
    @Override
    public void close() {
        close(input);
        close(output);
    }

    private static void close(int fd) {
        try {
            int ignored = (int) CLOSE.invokeExact(fd);
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable fault) {
            throw Native.impossible(fault);
        }
    }
}
