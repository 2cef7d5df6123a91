// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

/** Is shown messages that nobody has taken. */
@FunctionalInterface
public interface MessageVisitor {
    /** An instance that is not known. */
    int UNKNOWN = -1;

    /**
     * A copy of a message.
     *
     * @param number   of the message in its lane, from 1
     * @param type     user-defined
     * @param instance id of its sender, or {@link #UNKNOWN}
     * @param life     of its sender
     * @param payload  0 .. 256 bytes
     */
    record Message(long number, int type, int instance, long life, byte[] payload) {
    }

    /** The next message, in the order of sending. */
    void onMessage(Message message);
}
