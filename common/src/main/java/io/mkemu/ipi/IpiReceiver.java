// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

/** The receiving end of one CPU. Used by that CPU's thread only. */
public interface IpiReceiver {
    /** The multikernel vector was taken: generic_multikernel_interrupt. Notes what there is to deliver. */
    void interrupt();

    /**
     * Looks at everything as if it had been rung, and says again how far it has read. To be called about once a second:
     * a sender that died before it rang, or somebody who scribbled over a doorbell or a position, costs time then, and
     * no message.
     */
    void audit();

    /**
     * Notes what has come that nobody rang for. Cheap: reads lines that nobody writes meanwhile.
     *
     * @return whether something has
     */
    boolean takeHot();

    /** Whether the lane that delivered last, and is polled, has more. Cheaper than all other looks. */
    boolean isHottestReady();

    /** Delivers from the lane that {@link #isHottestReady} looks at; messages delivered. */
    int deliverHottest();

    /**
     * Delivers what was noted, outside of interrupt context.
     *
     * @return messages delivered; single-slot: callbacks run
     */
    int deliver();

    /** Whether something noted waits for {@link #deliver}. */
    boolean hasWork();

    /** Tells senders that the CPU executes, and what it polls. */
    void announceRunning();

    /**
     * Tells senders that the CPU is about to sleep and must be woken. What they sent before they could know is found by
     * the looks that follow.
     *
     * @return false if that cannot be promised now: look again instead of sleeping
     */
    boolean announceHalted();
}
