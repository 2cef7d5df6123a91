// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

/**
 * The CPU that a receiver delivers to. Each mailbox delivers in a way of its own, and asks for what it needs when it is
 * made. All calls come on the receiving CPU's thread.
 */
public interface IpiDispatcher {
    /** A mailbox that delivers messages: queued. What it throws leaves no message lost or repeated. */
    interface Messages {
        /** Runs every handler of the message's type, oldest first. The message is valid during the call. */
        void dispatch(MkIpiData data);
    }

    /** A mailbox that delivers by irq_work, as the RFC does: single-slot. */
    interface IrqWork {
        /** Queues the irq_work of every handler of the slot's type, oldest first, unless it is pending already. */
        void queue(MkIpiData live);

        /**
         * Runs all irq_work that is pending.
         *
         * @return callbacks run
         */
        int run(MkIpiData live);

        /** An interrupt came, and there was nothing in the slot that can be a message. */
        default void noValidData() {
        }
    }

    /** Where messages go. */
    Messages messages();

    /** Where interrupts go. */
    IrqWork irqWork();

    /** A message that cannot be true was dropped. */
    void anomaly(int senderCpu, MkIpiData data);
}
