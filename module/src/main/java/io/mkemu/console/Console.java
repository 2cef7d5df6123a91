// SPDX-License-Identifier: Apache-2.0
package io.mkemu.console;

import io.mkemu.tty.ConsoleKind;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The console of an instance, for the module that has opened it: what a user types into {@code mk console} comes here,
 * and what is written here is shown there and nowhere else. One user at a time, each in a session of its own. A journal
 * of trace=all has what was typed and what was shown, so that a replay has the same.
 *
 * <p>Used on the CPU that opened it; elsewhere the calls throw IllegalStateException.
 */
public interface Console {
    /** Most bytes of one {@link #read} or {@link #write}. */
    int MOST = 1024;

    /**
     * A user, from attaching to detaching.
     *
     * @param number tells it from all others of this life
     * @param kind   what it is
     */
    record Session(long number, ConsoleKind kind) {
    }

    /**
     * The session that there is. What is read and written then belongs to it.
     *
     * @return it, or null: nobody is attached, or {@link #finish} has ended the session
     */
    Session session();

    /**
     * Takes what was typed.
     *
     * @param count at most so many bytes, 1..{@link #MOST}
     * @return how many; 0: nothing yet; -ESHUTDOWN: nothing more comes in this session
     */
    int read(MutableDirectBuffer to, int index, int count);

    /**
     * Shows bytes.
     *
     * @param count 0..{@link #MOST}
     * @return how many were taken; the user has not read what came before if these are fewer, and the handler is called
     *     when there is room again. -ESHUTDOWN: the user has gone
     */
    int write(DirectBuffer from, int index, int count);

    /**
     * Ends the session: the user's {@code mk} shows what there is and ends.
     *
     * @param exitCode what it ends with, 0..255
     * @return 0, or -ESHUTDOWN: the session is over already
     */
    int finish(int exitCode);
}
