// SPDX-License-Identifier: Apache-2.0
package io.mkemu.message;

import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What one client has asked lately: of each of its last {@link Messages#WINDOW} requests whether it was answered, and
 * how. A client has no more than that under way, and repeats none that is older; so a request is handled once. When the
 * client's life has ended, another client of its CPU gets the session.
 */
final class Session {
    private static final byte HANDLED = 1;
    private static final byte ANSWERED = 2;
    private static final int NUMBER_SHIFT = 48;
    private static final int GENERATION_SHIFT = 32;
    private static final int U16 = 0xffff;
    private static final long U32 = 0xffff_ffffL;

    private final int number;
    private final int cpu;
    private final Session next;
    private int client;
    private int instance = -1;
    private long life;
    private int generation;
    private final long[] ids = new long[Messages.WINDOW];
    private final byte[] states = new byte[Messages.WINDOW];
    private final short[] lengths = new short[Messages.WINDOW];
    private final UnsafeBuffer answers = new UnsafeBuffer(new byte[Messages.WINDOW * Messages.SLOT]);

    /**
     * A session of nobody.
     *
     * @param number from 1
     * @param cpu    physical id of the client's CPU
     * @param next   another one of that CPU, or null
     */
    Session(int number, int cpu, Session next) {
        this.number = number;
        this.cpu = cpu;
        this.next = next;
    }

    /** Forgets whose it was: it is this client's now. */
    void becomes(int itsClient, int itsInstance, long itsLife) {
        client = itsClient;
        instance = itsInstance;
        life = itsLife;
        generation++;
        Arrays.fill(ids, 0);
    }

    boolean isOf(int itsClient, int itsInstance, long itsLife) {
        return client == itsClient && instance == itsInstance && life == itsLife;
    }

    /** Whether its client is gone, now that something has come of this life of that instance. */
    boolean isOver(int itsInstance, long itsLife) {
        return instance != itsInstance || life < itsLife;
    }

    /** The number of the session that a ticket was made for. */
    static int numberOf(long ticket) {
        return (int) (ticket >>> NUMBER_SHIFT);
    }

    /** What names a request of it to a module. */
    long ticket(long id) {
        return (long) number << NUMBER_SHIFT | (long) (generation & U16) << GENERATION_SHIFT | id & U32;
    }

    /** The id of the request that a ticket names; 0 if it is none of the client's last. */
    long id(long ticket) {
        long id = ids[slot(ticket)];
        return id != 0 && ticket(id) == ticket ? id : 0;
    }

    Session next() {
        return next;
    }

    int cpu() {
        return cpu;
    }

    int client() {
        return client;
    }

    int instance() {
        return instance;
    }

    long life() {
        return life;
    }

    private static int slot(long id) {
        return (int) id & Messages.WINDOW - 1;
    }

    /** Begins to handle a request; false if that was begun before, or the request is too old to come again. */
    boolean begin(long id) {
        int slot = slot(id);
        if (ids[slot] >= id) {
            return false;
        }
        ids[slot] = id;
        states[slot] = HANDLED;
        return true;
    }

    /** Whether a request has had its answer: it lies at {@link #at} of {@link #answers}. */
    boolean isAnswered(long id) {
        return ids[slot(id)] == id && states[slot(id)] == ANSWERED;
    }

    void answered(long id, int length) {
        states[slot(id)] = ANSWERED;
        lengths[slot(id)] = (short) length;
    }

    UnsafeBuffer answers() {
        return answers;
    }

    int at(long id) {
        return slot(id) * Messages.SLOT;
    }

    int length(long id) {
        return lengths[slot(id)];
    }
}
