// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.cpu.LocalApic;
import io.mkemu.cpu.LocalApicDescriptor;
import io.mkemu.os.AsymmetricFence;

/**
 * The lanes that a CPU polls, and what it tells senders of them: those which delivered last are announced in its idle
 * word, and their senders leave the doorbell out. Used by that CPU's thread only.
 *
 * <p>A sender does not fence between its message and its look at the idle word. So a lane that is announced no longer
 * is polled on, <em>retired</em>, until a heavy fence has seen to it that every sender knows.
 */
final class HotLanes {
    /* So that a CPU with many senders pays for the heavy fence once in so many changes, and polls so many lanes more. */
    private static final int RETIRED_PER_FENCE = 8;

    private final LocalApic apic;
    private final boolean polling;
    /* Announced ones first, newest at the front, 0 for none; then the retired ones. Physical CPU id + 1. */
    private final int[] lanes;
    private int length = LocalApicDescriptor.HOT_LANES;
    private boolean announced;

    /**
     * No lanes yet.
     *
     * @param polling whether there may ever be any
     */
    HotLanes(LocalApic apic, int nrCpus, boolean polling) {
        this.apic = apic;
        this.polling = polling && AsymmetricFence.isAvailable();
        this.lanes = new int[LocalApicDescriptor.HOT_LANES + nrCpus];
    }

    /** How many to look at. */
    int length() {
        return length;
    }

    /** The sender's CPU of the lane at an index, -1 for none. */
    int sender(int index) {
        return lanes[index] - 1;
    }

    /** A lane has delivered. */
    void delivered(int senderCpu) {
        int lane = senderCpu + 1;
        if (!polling || lane == lanes[0]) {
            return;
        }
        if (lane == lanes[1]) {
            lanes[1] = lanes[0];
            lanes[0] = lane;
            return;
        }
        int evicted = lanes[2];
        lanes[2] = lanes[1];
        lanes[1] = lanes[0];
        lanes[0] = lane;
        if (evicted == lane) {
            return;
        }
        announceRunning();
        if (evicted != 0) {
            retire(evicted);
        }
    }

    private void retire(int lane) {
        for (int index = LocalApicDescriptor.HOT_LANES; index < length; index++) {
            if (lanes[index] == lane) {
                return;
            }
        }
        lanes[length++] = lane;
    }

    /**
     * Whether so many lanes are retired that it is time to have done with them: look into them once more after this
     * and {@link #forget} them.
     */
    boolean settles() {
        return length >= LocalApicDescriptor.HOT_LANES + RETIRED_PER_FENCE && AsymmetricFence.heavy();
    }

    /** Polls the retired lanes no more. */
    void forget() {
        length = LocalApicDescriptor.HOT_LANES;
    }

    /** Tells senders that the CPU executes, and which lanes it polls. */
    void announceRunning() {
        if (polling && lanes[0] != 0 && !apic.sharesCore()) {
            announced = true;
            apic.announce(LocalApic.runningWord(lanes[0], lanes[1], lanes[2]));
        } else {
            apic.announce(LocalApic.runningWord(0, 0, 0));
        }
    }

    /**
     * Tells senders that the CPU is about to sleep.
     *
     * @return whether all of them know, or will be seen by the looks that follow
     */
    boolean announceHalted() {
        apic.announce(LocalApicDescriptor.STATE_HALTED);
        if (announced && !AsymmetricFence.heavy()) {
            return false;
        }
        announced = false;
        return true;
    }
}
