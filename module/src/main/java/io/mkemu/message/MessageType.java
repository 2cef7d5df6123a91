// SPDX-License-Identifier: Apache-2.0
package io.mkemu.message;

/** The types of the RFC's messaging layer (patch 14/16), and subtypes of {@link #SYSTEM}. A module may have others. */
public final class MessageType {
    /** MK_MSG_IO: interrupts of devices. */
    public static final int IO = 0x1000;
    /** MK_MSG_RESOURCE: CPUs and memory that come and go. */
    public static final int RESOURCE = 0x2000;
    /** MK_MSG_SYSTEM: the kernels themselves. */
    public static final int SYSTEM = 0x3000;
    /** MK_MSG_USER: whatever a module wants. */
    public static final int USER = 0x4000;
    /** MK_MSG_NETWORK: packets. */
    public static final int NETWORK = 0x5000;

    /** MK_SYS_HEARTBEAT, a call: whoever runs {@link Messages} answers it, with no payload. */
    public static final int SYSTEM_HEARTBEAT = SYSTEM + 1;
    /** MK_SYS_SHUTDOWN: the receiver is asked to end what it does. */
    public static final int SYSTEM_SHUTDOWN = SYSTEM + 2;
    /** The sender ends what it does: for whoever wants to say so before it is gone. Not in the RFC. */
    public static final int SYSTEM_HALTED = SYSTEM + 3;

    private MessageType() {
    }
}
