// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazard;

/**
 * One callback, as the kernel that ran it noted it.
 *
 * @param tag         of the handler
 * @param senderCpu   physical CPU that the message's header names
 * @param receiverCpu physical CPU the callback ran on
 * @param type        in the message's header
 * @param size        in the message's header
 * @param sequence    in the payload, or the first word of the page that was mapped; -1 if there is none
 * @param intact      the checksum fits, and the payload was written for this header
 * @param stable      the message did not change during the callback
 */
public record HazardRecord(int tag, int senderCpu, int receiverCpu, int type, long size, long sequence,
                           boolean intact, boolean stable) {
    /** Whether the callback saw a message as it was sent, from its beginning to its end. */
    public boolean whole() {
        return intact && stable;
    }
}
