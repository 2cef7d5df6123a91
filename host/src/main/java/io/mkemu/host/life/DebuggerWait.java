// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kernel that waits for a debugger before its modules begin: how it is started, and what it says once it waits. Made
 * of the lines of its output, by the thread that reads those; what is asked is for any thread.
 */
public final class DebuggerWait {
    /** Nobody waits for ever, should who started it be gone. */
    private static final long JDWP_MILLIS = TimeUnit.DAYS.toMillis(1);
    private static final String JDWP = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,timeout=" + JDWP_MILLIS
        + ",address=127.0.0.1:";
    /** A JVM that begins to listen later tells a program that, which tells it here. */
    private static final String LATER = "mkemu-debugger";
    private static final Pattern PORT = Pattern.compile("Listening for transport dt_socket at address: (\\d+)|"
        + LATER + " dt_socket (\\d+)");
    private static final Pattern NATIVE = Pattern.compile("mkemu: waits for a debugger: (gdb -p \\d+)");

    private final CompletableFuture<String> attach = new CompletableFuture<>();

    /** The option that makes a kernel wait. */
    static List<String> options(KernelKind kernel) {
        return List.of(kernel == KernelKind.NATIVE ? "--debug" : JDWP + 0);
    }

    /**
     * The option that makes a JVM wait.
     *
     * @param port on 127.0.0.1; 0 for a free one
     */
    public static String option(int port) {
        return JDWP + port;
    }

    /** The option that makes a JVM wait when a throwable of a class is thrown for the first time, and not before. */
    public static String option(int port, Class<? extends Throwable> thrown) {
        return option(port) + ",onthrow=" + thrown.getName() + ",launch=/bin/echo " + LATER;
    }

    /** A line of the kernel's output; whether it tells that it waits. */
    public boolean line(String line) {
        Matcher port = PORT.matcher(line);
        Matcher own = NATIVE.matcher(line);
        if (port.matches()) {
            attach.complete("jdb -attach 127.0.0.1:" + (port.group(1) == null ? port.group(2) : port.group(1)));
        } else if (own.matches()) {
            attach.complete(own.group(1));
        } else {
            return false;
        }
        return true;
    }

    /** The kernel has ended. */
    void over() {
        attach.complete("");
    }

    /** The command that attaches a debugger; empty as long as none can. */
    public String attach() {
        return attach.getNow("");
    }

    /** Waits until a debugger can be attached; the command, or empty if the kernel has ended or the time is over. */
    String await(long deadlineNanos) throws InterruptedException {
        try {
            return attach.get(Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            return "";
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
