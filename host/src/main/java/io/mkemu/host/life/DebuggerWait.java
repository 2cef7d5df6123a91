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
final class DebuggerWait {
    /** The JVM takes a free port. */
    private static final String JDWP = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address=127.0.0.1:0";
    private static final Pattern PORT = Pattern.compile("Listening for transport dt_socket at address: (\\d+)");
    private static final Pattern NATIVE = Pattern.compile("mkemu: waits for a debugger: (gdb -p \\d+)");

    private final CompletableFuture<String> attach = new CompletableFuture<>();

    /** The option that makes a kernel wait. */
    static List<String> options(KernelKind kernel) {
        return List.of(kernel == KernelKind.NATIVE ? "--debug" : JDWP);
    }

    /** A line of the kernel's output. */
    void line(String line) {
        Matcher port = PORT.matcher(line);
        Matcher own = NATIVE.matcher(line);
        if (port.matches()) {
            attach.complete("jdb -attach 127.0.0.1:" + port.group(1));
        } else if (own.matches()) {
            attach.complete(own.group(1));
        }
    }

    /** The kernel has ended. */
    void over() {
        attach.complete("");
    }

    /** The command that attaches a debugger; empty as long as none can. */
    String attach() {
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
