// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Another process of this user that may be stopped by SIGSTOP, as {@link OsProcess#stopSelf} does. Any thread. */
public final class StoppedProcess {
    private static final int SIGCONT = 18;
    private static final int SIGSTOP = 19;

    private StoppedProcess() {
    }

    /** Whether a process is stopped; false too if it is gone. */
    public static boolean isStopped(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            /* The name in parentheses before the state may hold anything, a parenthesis too. */
            return stat.startsWith(" T", stat.lastIndexOf(')') + 1);
        } catch (IOException gone) {
            return false;
        }
    }

    /** Whether each thread of a process is stopped; false too if it is gone. Its first one stops before the others. */
    public static boolean areThreadsStopped(long pid) {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads) {
                String stat = Files.readString(thread.resolve("stat"), StandardCharsets.ISO_8859_1);
                if (!stat.startsWith(" T", stat.lastIndexOf(')') + 1)) {
                    return false;
                }
            }
            return true;
        } catch (IOException | DirectoryIteratorException ended) {
            return false;
        }
    }

    /** Whether a debugger is attached to a process; false too if it is gone. */
    public static boolean isTraced(long pid) {
        try (Stream<String> status = Files.lines(Path.of("/proc/" + pid + "/status"), StandardCharsets.ISO_8859_1)) {
            return status.anyMatch(line -> line.startsWith("TracerPid:") && !line.endsWith("\t0"));
        } catch (IOException | UncheckedIOException gone) {
            return false;
        }
    }

    /**
     * Stops a process: SIGSTOP.
     *
     * @param pid 1 or more
     * @return whether there is such a process
     */
    public static boolean stop(long pid) {
        return Native.call(SystemCall.KILL, Math.toIntExact(pid), SIGSTOP, 0, 0) == 0;
    }

    /**
     * Lets a stopped process go on: SIGCONT.
     *
     * @param pid 1 or more
     * @return whether there is such a process
     */
    public static boolean resume(long pid) {
        return Native.call(SystemCall.KILL, Math.toIntExact(pid), SIGCONT, 0, 0) == 0;
    }
}
