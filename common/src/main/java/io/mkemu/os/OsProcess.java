// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

/** What a process asks of its own identity. */
public final class OsProcess {
    private static final int SIGQUIT = 3;
    private static final int SIGSTOP = 19;
    private static final int OTHERS = 077;

    private OsProcess() {
    }

    /**
     * The user this process runs as.
     *
     * @return the real user id
     */
    public static int uid() {
        return (int) Native.call(SystemCall.GETUID, 0, 0, 0, 0);
    }

    /**
     * The group this process runs as.
     *
     * @return the real group id
     */
    public static int gid() {
        return (int) Native.call(SystemCall.GETGID, 0, 0, 0, 0);
    }

    /**
     * What this process and its children make from now on has the rights for its owner that they ask for, whatever the
     * umask was; for the others the umask stays as it is.
     */
    public static void keepOwnersRights() {
        long before = Native.call(SystemCall.UMASK, OTHERS, 0, 0, 0);
        Native.call(SystemCall.UMASK, before & OTHERS, 0, 0, 0);
    }

    /** Leaves the terminal's process group, so that a Ctrl-C meant for the host reaches the host alone. */
    public static void leaveTerminal() {
        Native.call(SystemCall.SETSID, 0, 0, 0, 0);
    }

    /** Id of the calling thread, as /proc/PID/task shows it. */
    public static int threadId() {
        return (int) Native.call(SystemCall.GETTID, 0, 0, 0, 0);
    }

    /**
     * Has a JVM print the stacks of its threads: SIGQUIT, which ends another process.
     *
     * @param pid 1 or more
     * @return whether there is such a process
     */
    public static boolean quit(long pid) {
        return Native.call(SystemCall.KILL, Math.toIntExact(pid), SIGQUIT, 0, 0) == 0;
    }

    /** Stops this whole process, until somebody sends SIGCONT. */
    public static void stopSelf() {
        /* To this very thread: a signal for the whole process may reach another one first, and this one goes on. */
        Native.call(SystemCall.TGKILL, ProcessHandle.current().pid(), threadId(), SIGSTOP, 0);
    }

    /**
     * Ends this process at once: _exit. No shutdown hook runs and no other thread is waited for.
     *
     * @param code the exit code
     */
    public static void exitNow(int code) {
        Native.call(SystemCall.EXIT_GROUP, code, 0, 0, 0);
    }
}
