// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards.module;

import static io.mkemu.hazards.module.HazardDescriptor.*;

import io.mkemu.os.Futex;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.AtomicBuffer;

/** The page between the conductor and one kernel. One thread of the host gives orders; the kernel's CPUs note. */
public final class HazardPage {
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
    public record Note(int tag, int senderCpu, int receiverCpu, int type, long size, long sequence,
                           boolean intact, boolean stable) {
        /** Whether the callback saw a message as it was sent, from its beginning to its end. */
        public boolean whole() {
            return intact && stable;
        }
    }

    /** Bytes of the page, whole pages of memory. */
    public static final int LENGTH = HazardDescriptor.LENGTH;

    private final AtomicBuffer page;

    /** A view of the page. */
    public HazardPage(AtomicBuffer page) {
        this.page = page;
    }

    /** Gives an order; arguments that are left out are 0. Host. */
    public void give(HazardOrder order, long... arguments) {
        for (int index = 0; index < ARGUMENTS; index++) {
            page.putLong(ARGUMENTS_OFFSET + index * Long.BYTES, index < arguments.length ? arguments[index] : 0);
        }
        page.putInt(ORDER_OFFSET, order.ordinal());
        page.putIntVolatile(ORDER_NUMBER_OFFSET, page.getInt(ORDER_NUMBER_OFFSET) + 1);
    }

    /** Whether the last order has been carried out. Host. */
    public boolean isDone() {
        return page.getIntVolatile(DONE_NUMBER_OFFSET) == page.getInt(ORDER_NUMBER_OFFSET);
    }

    /** A result of the last order. Host. */
    public long result(int index) {
        return page.getLong(RESULTS_OFFSET + index * Long.BYTES);
    }

    /** Whether there is an order that has not been carried out. Kernel. */
    boolean hasOrder() {
        return page.getIntVolatile(ORDER_NUMBER_OFFSET) != page.getInt(DONE_NUMBER_OFFSET);
    }

    HazardOrder order() {
        return HazardOrder.of(page.getInt(ORDER_OFFSET));
    }

    long argument(int index) {
        return page.getLong(ARGUMENTS_OFFSET + index * Long.BYTES);
    }

    /** Says that the order has been carried out. Kernel. */
    void done(long... results) {
        for (int index = 0; index < RESULTS; index++) {
            page.putLong(RESULTS_OFFSET + index * Long.BYTES, index < results.length ? results[index] : 0);
        }
        page.putIntVolatile(DONE_NUMBER_OFFSET, page.getInt(ORDER_NUMBER_OFFSET));
        raiseEvent();
    }

    /** The event word's present value, to be read before looking for what the kernel did. Host. */
    public int events() {
        return page.getIntVolatile(EVENTS_OFFSET);
    }

    /** Sleeps until the event word differs from the value read, or the time is over. Host. */
    public void awaitEvent(Futex futex, int seen, long timeoutNanos) {
        futex.await(page.addressOffset() + EVENTS_OFFSET, seen, timeoutNanos);
    }

    /** After whatever the conductor may wait for. Kernel. */
    private void raiseEvent() {
        page.getAndAddInt(EVENTS_OFFSET, 1);
        Futex.wake(page.addressOffset() + EVENTS_OFFSET, Integer.MAX_VALUE);
    }

    /** How often the kernel began to wait for the gate. */
    public int inside() {
        return page.getIntVolatile(INSIDE_OFFSET);
    }

    /** Lets everybody through who waits, or will. Host. */
    public void openGate() {
        page.putIntVolatile(GATE_OFFSET, Integer.MAX_VALUE);
        Futex.wake(page.addressOffset() + GATE_OFFSET, Integer.MAX_VALUE);
    }

    /** From now on the kernel waits at the gate. Only while it does not. Host. */
    public void closeGate() {
        page.putIntVolatile(GATE_OFFSET, inside());
    }

    /** Waits until the gate is open. Kernel; one whose conductor is lost ends with it. */
    void awaitGate() {
        int mine = page.getAndAddInt(INSIDE_OFFSET, 1) + 1;
        raiseEvent();
        Futex futex = new Futex();
        for (int gate = page.getIntVolatile(GATE_OFFSET); gate < mine; gate = page.getIntVolatile(GATE_OFFSET)) {
            futex.await(page.addressOffset() + GATE_OFFSET, gate, 0);
        }
    }

    /** How many of the kernel's unregister calls returned. */
    public int returned() {
        return page.getIntVolatile(RETURNED_OFFSET);
    }

    /** An unregister call returned. Kernel. */
    void noteReturn() {
        page.getAndAddInt(RETURNED_OFFSET, 1);
        raiseEvent();
    }

    /** How many answers the kernel sent with success. */
    public int answers() {
        return page.getIntVolatile(ANSWERS_OFFSET);
    }

    /** An answer was sent. Kernel. */
    void noteAnswer() {
        page.getAndAddInt(ANSWERS_OFFSET, 1);
        raiseEvent();
    }

    /** Notes a callback. Any CPU of the kernel. */
    void note(Note seen) {
        int number = page.getAndAddInt(RECORDS_OFFSET, 1);
        if (number >= MOST_RECORDS) {
            return;
        }
        int at = FIRST_RECORD_OFFSET + number * RECORD_LENGTH;
        page.putInt(at + TAG_OFFSET, seen.tag());
        page.putInt(at + SENDER_CPU_OFFSET, seen.senderCpu());
        page.putInt(at + RECEIVER_CPU_OFFSET, seen.receiverCpu());
        page.putInt(at + TYPE_OFFSET, seen.type());
        page.putInt(at + FLAGS_OFFSET, (seen.intact() ? INTACT : 0) | (seen.stable() ? STABLE : 0));
        page.putLong(at + SIZE_OFFSET, seen.size());
        page.putLong(at + SEQUENCE_OFFSET, seen.sequence());
        page.putIntVolatile(at + NUMBER_OFFSET, number + 1);
        raiseEvent();
    }

    /** Callbacks noted so far. */
    public int records() {
        return page.getIntVolatile(RECORDS_OFFSET);
    }

    /**
     * The callbacks noted since there were so many, up to the first that is still being written.
     *
     * @throws IllegalStateException if there were more than the page holds: counts would not be exact
     */
    public List<Note> recordsSince(int first) {
        int end = records();
        if (end > MOST_RECORDS) {
            throw new IllegalStateException(end + " callbacks, the page holds " + MOST_RECORDS);
        }
        List<Note> found = new ArrayList<>();
        for (int number = first; number < end; number++) {
            int at = FIRST_RECORD_OFFSET + number * RECORD_LENGTH;
            if (page.getIntVolatile(at + NUMBER_OFFSET) != number + 1) {
                break;
            }
            int flags = page.getInt(at + FLAGS_OFFSET);
            found.add(new Note(page.getInt(at + TAG_OFFSET), page.getInt(at + SENDER_CPU_OFFSET),
                page.getInt(at + RECEIVER_CPU_OFFSET), page.getInt(at + TYPE_OFFSET),
                page.getLong(at + SIZE_OFFSET), page.getLong(at + SEQUENCE_OFFSET), (flags & INTACT) != 0,
                (flags & STABLE) != 0));
        }
        return found;
    }
}
