// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

/** The scheduling class that the calling thread has, and that threads and processes it starts inherit. Stateless. */
public enum Scheduler {
    /** The usual one, fair. */
    OTHER("SCHED_OTHER"),
    /** Real-time: it runs until it sleeps, before all that are not. */
    FIFO("SCHED_FIFO"),
    /** Real-time, in turns with others of its priority. */
    RR("SCHED_RR"),
    /** Fair, for work that nobody waits for. */
    BATCH("SCHED_BATCH"),
    /** Only when nothing else wants to run. */
    IDLE("SCHED_IDLE"),
    /** Real-time, by deadlines. */
    DEADLINE("SCHED_DEADLINE"),
    /** One that this list does not have, or the system does not tell. */
    UNKNOWN("unknown");

    private static final int RESET_ON_FORK = 0x40000000;

    private final String label;

    Scheduler(String label) {
        this.label = label;
    }

    /** That of the calling thread. */
    public static Scheduler current() {
        int policy = (int) Native.call(SystemCall.SCHED_GETSCHEDULER, 0, 0, 0, 0);
        return switch (policy < 0 ? policy : policy & ~RESET_ON_FORK) {
            case 0 -> OTHER;
            case 1 -> FIFO;
            case 2 -> RR;
            case 3 -> BATCH;
            case 5 -> IDLE;
            case 6 -> DEADLINE;
            default -> UNKNOWN;
        };
    }

    /** Whether a thread that never sleeps keeps all others off its CPU. */
    public boolean isRealTime() {
        return this == FIFO || this == RR || this == DEADLINE;
    }

    /** As Linux names it. */
    public String label() {
        return label;
    }
}
