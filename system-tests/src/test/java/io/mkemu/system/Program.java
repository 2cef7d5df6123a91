// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/** mkemu at work, as a process or in a container: its output as it comes and its end, each wait under a watchdog. */
abstract class Program {
    static final long WATCHDOG_SECONDS = 180;
    private static final Pattern STACK_TRACE = Pattern.compile("^\\s+at [\\w.$/]+\\(|^Exception in thread|^Caused by:");

    /** What comes on stdout. */
    final Lines out = new Lines(WATCHDOG_SECONDS);
    /** What comes on stderr. */
    final Lines err = new Lines(WATCHDOG_SECONDS);

    abstract boolean isAlive();

    /** Waits for the end; the exit code. Fails if it does not come. */
    abstract int awaitExit() throws IOException, InterruptedException;

    /** What came on stdout up to now. */
    final List<String> out() {
        return out.all();
    }

    /** What came on stderr up to now. */
    final List<String> err() {
        return err.all();
    }

    /** Lines on stdout that a pattern is found in. */
    final List<String> out(String pattern) {
        return out.matching(pattern);
    }

    /** Waits until that many lines on stdout match. */
    final void awaitOut(int count, String pattern) throws InterruptedException {
        out.await(count, pattern, this::describe);
    }

    /**
     * Waits for the end; whether a signal came while the JVM itself started. One of the JDK's last steps then
     * (System.initPhase3) finds that the JVM shuts down, says so on stdout in its own way and exits with 1; nothing of
     * mkemu has run by then.
     */
    final boolean endsBeforeItsJvmIsUp() throws IOException, InterruptedException {
        int code = awaitExit();
        out.awaitEnd(this::describe);
        return code == 1 && out().size() > 1 && out().get(0).equals("Error occurred during initialization of VM")
            && out().get(1).startsWith("java.lang.InternalError: Bad level: ");
    }

    /** Waits for the end, whatever the code. Never a stack trace, never more than one line on stderr. */
    final int end() throws IOException, InterruptedException {
        int code = awaitExit();
        out.awaitEnd(this::describe);
        err.awaitEnd(this::describe);
        assertTrue(err().size() <= 1, () -> "more than one line on stderr\n" + describe());
        assertTrue(out().stream().noneMatch(line -> STACK_TRACE.matcher(line).find())
            && err().stream().noneMatch(line -> STACK_TRACE.matcher(line).find()), () -> "a trace\n" + describe());
        return code;
    }

    /** Waits for the end with one of these codes. */
    final void endsWith(IntPredicate right, String codes) throws IOException, InterruptedException {
        int given = end();
        assertTrue(right.test(given), () -> "exit code " + given + ", want " + codes + "\n" + describe());
    }

    /** Waits for the end with this code, nothing on stdout and one line on stderr that a pattern is found in. */
    final void refuses(int code, String pattern) throws IOException, InterruptedException {
        endsWith(given -> given == code, Integer.toString(code));
        assertEquals(List.of(), out(), () -> "stdout of a refusal\n" + describe());
        assertEquals(1, err().size(), () -> "want one line on stderr\n" + describe());
        assertTrue(Pattern.compile(pattern).matcher(err().getFirst()).find(),
            () -> "stderr does not say " + pattern + "\n" + describe());
    }

    /** Everything about it, for a failed assertion. */
    final String describe() {
        return this + "\n--- stdout\n" + String.join("\n", out()) + "\n--- stderr\n" + String.join("\n", err())
            + "\n---";
    }
}
