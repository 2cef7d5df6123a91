// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cpu;

/** What a CPU does when it has nothing to do; the names are Linux's {@code idle=}. One object per CPU. */
public interface IdlePolicy {
    /** The CPU, as an idle policy sees it. */
    interface Idler {
        /**
         * Looks for something to do, up to so many times, a moment apart. Messages it may deliver itself meanwhile, and
         * then looks on.
         *
         * @return whether there is something to do, or was
         */
        boolean poll(int looks);

        /** Whether polling is allowed now: no other CPU that runs shares this one's host CPU. */
        boolean mayPoll();

        /** It has looked in vain for so long, ns, since it was last told. */
        void polled(long nanos);

        /** Sleeps on the doorbell until there is something to do; at most so many ns, 0 or less: without limit. */
        void halt(long timeoutNanos);
    }

    /**
     * Returns when there is something to do, or the time is over, or now and then without cause.
     *
     * @param timeoutNanos at most so long; {@link Long#MAX_VALUE}: without limit
     */
    void idle(Idler cpu, long timeoutNanos);

    /** Whether it ever polls. */
    boolean polls();

    /**
     * The policy of a name.
     *
     * @param name poll, halt or haltpoll
     * @throws IllegalArgumentException for another name, in one line
     */
    static IdlePolicy of(String name) {
        return switch (name) {
            case "poll" -> new PollIdle();
            case "halt" -> new HaltIdle();
            case "haltpoll" -> new HaltPollIdle();
            default -> throw new IllegalArgumentException(
                "idle=" + name + " is not an idle policy; use idle=poll, idle=halt or idle=haltpoll");
        };
    }
}
