// SPDX-License-Identifier: Apache-2.0
package io.mkemu.event;

/** A module for which something happens on a CPU. */
public interface EventOwner {
    /** Its name. */
    String name();

    /**
     * Refuses what would outlive it.
     *
     * @throws IllegalStateException if it has ended
     */
    void requireLife();

    /** What one of its timers has thrown. */
    void timerFailed(Throwable fault);

    /** What one of its listeners has thrown. */
    void noticeFailed(Throwable fault);

    /** What its console's handler has thrown. */
    default void consoleFailed(Throwable fault) {
        noticeFailed(fault);
    }
}
