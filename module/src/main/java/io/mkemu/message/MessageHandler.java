// SPDX-License-Identifier: Apache-2.0
package io.mkemu.message;

/** What a module does with the messages of a type. */
@FunctionalInterface
public interface MessageHandler {
    /**
     * A message has come; each request once, however often its sender had to repeat it. Like an IpiCallback it must not
     * block.
     *
     * @param message valid during the call only
     */
    void handle(Message message);
}
