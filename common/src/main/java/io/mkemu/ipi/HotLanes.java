// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.cpu.LocalApic;

/**
 * The lanes that a CPU polls, and what it tells senders of them: those which delivered last are announced in its idle
 * word, and their senders leave the doorbell out. Used by that CPU's thread only.
 *
 * <p>A sender does not fence between its message and its look at the idle word. So a lane that is announced no longer
 * is polled on, <em>retired</em>, until a heavy fence has seen to it that every sender knows.
 */
final class HotLanes {
    /* A CPU with many senders pays for the heavy fence once in so many changes, and polls so many lanes more. */
    private static final int RETIRED_PER_FENCE = 8;

    private final LocalApic apic;
    private final boolean polling;
    /* Sending CPUs: the announced ones, the newest at the front, and those that are announced no longer. */
    private final int[] announced = new int[LocalApicDescriptor.HOT_LANES];
    private final int[] retired;
    private int hot;
    private int cold;
    private boolean told;
    private boolean flooded;

    /**
     * No lanes yet.
     *
     * @param polling whether there may ever be any
     */
    HotLanes(LocalApic apic, int nrCpus, boolean polling) {
        this.apic = apic;
        this.polling = polling && apic.platform().hasAsymmetricFence();
        this.retired = new int[nrCpus];
    }

    /** How many to look at. */
    int length() {
        return hot + cold;
    }

    /** The sending CPU of the lane at an index. */
    int sender(int index) {
        return index < hot ? announced[index] : retired[index - hot];
    }

    /** A lane has delivered; whether it is the newest of those that are polled now. */
    boolean delivered(int senderCpu) {
        if (polling && (hot == 0 || announced[0] != senderCpu)) {
            toFront(senderCpu);
        }
        return hot > 0 && announced[0] == senderCpu;
    }

    private void toFront(int senderCpu) {
        int index = 0;
        while (index < hot && announced[index] != senderCpu) {
            index++;
        }
        boolean fresh = index == hot;
        if (fresh && hot == announced.length && apic.sharesCore()) {
            /* A place would be changed for each sender in turn, and a fence paid for it. */
            return;
        }
        if (fresh && hot == announced.length) {
            index--;
            retire(announced[index]);
        } else if (fresh) {
            hot++;
        }
        System.arraycopy(announced, 0, announced, 1, index);
        announced[0] = senderCpu;
        if (fresh) {
            announceRunning();
        }
    }

    /**
     * A lane has delivered as much as one look takes. From now until the CPU sleeps its senders leave the doorbell out
     * on a shared core as well: there a sender fills its lane each time it runs, and to ring costs it more than the
     * message. Of a lane that delivers now and then it would save less than the fence costs that each sleep needs
     * then.
     */
    void floods() {
        if (polling && !flooded) {
            flooded = true;
            if (apic.sharesCore()) {
                announceRunning();
            }
        }
    }

    private void retire(int senderCpu) {
        for (int index = 0; index < cold; index++) {
            if (retired[index] == senderCpu) {
                return;
            }
        }
        retired[cold++] = senderCpu;
    }

    /**
     * Whether so many lanes are retired that it is time to have done with them, and their senders have been told: look
     * into them once more after this, and {@link #forget} them.
     */
    boolean settles() {
        return cold >= RETIRED_PER_FENCE && apic.platform().heavyFence();
    }

    /** Polls the retired lanes no more. */
    void forget() {
        cold = 0;
    }

    /** Tells senders that the CPU executes, and which lanes it polls. */
    void announceRunning() {
        if (hot == 0 || apic.sharesCore() && !flooded) {
            apic.announce(LocalApic.runningWord(0, 0, 0));
        } else {
            told = true;
            apic.announce(LocalApic.runningWord(lane(0), lane(1), lane(2)));
        }
    }

    private int lane(int index) {
        return index < hot ? announced[index] + 1 : 0;
    }

    /**
     * Tells senders that the CPU is about to sleep.
     *
     * @return whether all of them know, or will be seen by the looks that follow
     */
    boolean announceHalted() {
        apic.announce(LocalApicDescriptor.STATE_HALTED);
        flooded = false;
        if (told && !apic.platform().heavyFence()) {
            return false;
        }
        told = false;
        return true;
    }
}
