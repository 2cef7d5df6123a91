// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import org.agrona.DirectBuffer;

/** The sending end from one CPU to another. Used by the thread of the sending CPU only. */
interface IpiChannel {
    /**
     * Puts a message into the target's mailbox.
     *
     * @param data may be null: zeros are sent
     * @return 0, or -ENOSPC and nothing is written
     */
    int publish(int type, DirectBuffer data, int offset, int size);

    /**
     * Says who sends by it from now on. To be called before the first message.
     *
     * @param instance whose CPU it is
     * @param life     that life of it
     */
    void introduce(int instance, long life);

    /** The number in its lane of the message that was published last, from 1; 0 where messages have no numbers. */
    long number();

    /**
     * Whether the target says that it polls this sender, so that it will look without being rung. To be asked after an
     * {@link io.mkemu.os.AsymmetricFence#light} behind {@link #publish}.
     *
     * @param idleWord of the target's local APIC
     */
    boolean isPolled(long idleWord);

    /**
     * Whether the target has an earlier ring of this sender still before it, and will look when it takes that. To be
     * asked after a full fence behind {@link #publish}.
     */
    boolean isRung();

    /** To be called before the target's vector is raised. */
    void ringing();

    /** To be called once it has been raised. */
    void rung();
}
