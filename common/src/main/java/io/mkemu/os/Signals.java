// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

/** Names of signals, with the numbers that Linux gives them on x86-64 and aarch64. Stateless; no method throws. */
public final class Signals {
    private static final int EXIT_BASE = 128;
    private static final int REALTIME = 34;
    private static final int LAST = 64;
    private static final String[] NAMES = {"", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL",
        "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU",
        "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"};

    private Signals() {
    }

    /**
     * A signal for people.
     *
     * @return as {@code 9 (SIGKILL)}; the number alone if it has no name
     */
    public static String name(int number) {
        if (number > 0 && number < NAMES.length) {
            return number + " (SIG" + NAMES[number] + ")";
        }
        return number < REALTIME || number > LAST ? Integer.toString(number)
            : number + " (SIGRTMIN" + (number == REALTIME ? "" : "+" + (number - REALTIME)) + ")";
    }

    /**
     * How a process ended, by what Java makes of its status: 128 + N of signal N.
     *
     * @return as {@code killed by signal 9 (SIGKILL)} or {@code ended with exit code 3}
     */
    public static String describeExit(int code) {
        return code > EXIT_BASE && code <= EXIT_BASE + LAST ? "killed by signal " + name(code - EXIT_BASE)
            : "ended with exit code " + code;
    }
}
