// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

/**
 * Takes messages out of a mailbox to the handlers of their type. Called on the receiving CPU's thread; never
 * throws.
 */
public interface IpiDispatcher {
    /** Queued: runs every handler of the message's type, newest first. The message is valid during the call. */
    void dispatch(MkIpiData data);

    /** Single-slot: queues the irq_work of every handler of the slot's type, unless it is pending already. */
    void queueWork(MkIpiData live);

    /**
     * Single-slot: runs the irq_work that is queued, and takes interrupts between two callbacks.
     *
     * @return callbacks run
     */
    int runWork(MkIpiData live);

    /** A message that cannot be true was dropped. */
    void anomaly(int senderCpu, MkIpiData data);
}
