// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

import org.agrona.DirectBuffer;

/**
 * Turns the payloads of a module's messages into text, for people who read a recording: {@code mk trace --decode}, its
 * exports, {@code mk replay}. A module's jar names its implementations in {@code
 * META-INF/services/io.mkemu.module.PayloadDecoder}; each has a public constructor without arguments.
 *
 * <p>A decoder runs in a process of its own, without a kernel, and never while the machine runs it. One that throws,
 * hangs or ends its process costs its own text and nothing else.
 */
@FunctionalInterface
public interface PayloadDecoder {
    /**
     * What a payload says. One thread.
     *
     * @param type    of the message, 32 bits
     * @param payload as it was sent, 1..256 bytes; may come from any kernel, so that nothing in it can be relied on
     * @return one short line; null if it is no message that this decoder knows, so that the next one is asked
     * @throws Exception the payload has no text then, and the reader is told once
     */
    String decode(int type, DirectBuffer payload) throws Exception;
}
