// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

/**
 * What went from one kernel to another in their present lives, in queued mode; single-slot machines count no pairs.
 *
 * @param from      name of the sender
 * @param to        name of the receiver
 * @param delivered messages that the receiver has taken
 * @param waiting   messages that lie in its lanes
 */
public record Traffic(String from, String to, long delivered, long waiting) {
}
