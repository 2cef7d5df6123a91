// SPDX-License-Identifier: Apache-2.0
package io.mkemu.message;

import org.agrona.DirectBuffer;

/** Is told how a call has ended: exactly once, and never from within the call itself. */
@FunctionalInterface
public interface Completion {
    /**
     * The call has ended. On the CPU of its {@link Messages}; it may make further calls.
     *
     * @param id     what {@link Messages#call} returned
     * @param result 0: it was answered; -ETIME: it was not, in time; -ESHUTDOWN: the life of the instance that it was
     *     sent to has ended, or this {@link Messages} was closed. After both it may have been handled or not
     * @param answer what was answered, valid during the call only, as long as its capacity; null without an answer
     */
    void complete(long id, int result, DirectBuffer answer);
}
