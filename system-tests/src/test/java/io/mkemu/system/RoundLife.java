// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static io.mkemu.system.modules.RoundsDescriptor.*;

import io.mkemu.ipi.SendProbe;

/** What a life of the victim of {@link RoundsIT} counted; all 0 if it was killed before it could. */
record RoundLife(long epoch, Moment moment, SendProbe.Step step, long sentA, long sentB, long inFlight) {
    /** When a life is ended, and in how many rounds of a hundred. */
    enum Moment {
        /** Its process has just been forked, or the JVM is starting. */
        START(45),
        /** main has begun. */
        JVM(11),
        /** RAM is mapped. */
        MAPPED(8),
        /** CPUs run. */
        PINNED(8),
        /** A module's init has begun and does not come back. */
        INIT(5),
        /** It has just become active. */
        ACTIVE(6),
        /** It is sending and receiving. */
        TRAFFIC(9),
        /** In the middle of a send: the process has stopped there. */
        SENDING(6),
        /** It receives, and sends nothing. */
        IDLE(2);

        final int percent;

        Moment(int percent) {
            this.percent = percent;
        }
    }

    /** A message counts as sent when its send has returned, and exists when it has been published. */
    boolean canHaveReached(int survivor, long count) {
        long sent = survivor == SURVIVOR_A ? sentA : sentB;
        boolean sending = inFlight == survivor;
        if (step == null) {
            return count == sent || sending && count == sent + 1;
        }
        return count == (sending && step.compareTo(SendProbe.Step.PUBLISHED) >= 0 ? sent + 1 : sent);
    }
}
