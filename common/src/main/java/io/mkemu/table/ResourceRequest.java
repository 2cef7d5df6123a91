// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import static io.mkemu.abi.ResourceDescriptor.*;

import io.mkemu.abi.ResourceDescriptor;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What the host asks of one kernel that runs about its CPUs and its memory, and what comes of it: both ends of
 * {@link ResourceDescriptor}. Messages only say that somebody should look here; they may be late, repeated or lost.
 *
 * <p><b>One of both decides.</b> The kernel prepares all that can fail, then enters DONE or REFUSED by one
 * compare-and-set; the host gives up by one. Who comes second sees it, and undoes what it has prepared. After GIVEN_UP
 * the kernel may still be at it, so what the request is about is kept for it until it has let go or its life is over.
 *
 * <p>Thread-safe; one thread of the host asks at a time, and one of the kernel answers.
 */
public final class ResourceRequest {
    private static final long STATE_MASK = (1L << STATE_BITS) - 1;

    private final UnsafeBuffer table;
    private final int base;

    ResourceRequest(UnsafeBuffer table, int base) {
        table.boundsCheck(base, LENGTH);
        this.table = table;
        this.base = base;
    }

    /** Number and state in one word; it changes whenever either does. */
    public long decision() {
        return table.getLongVolatile(base + DECISION_OFFSET);
    }

    /** The number in a decision. */
    public static long numberOf(long decision) {
        return decision >>> STATE_BITS;
    }

    /** The state in a decision, one of STATE_... of {@link ResourceDescriptor}; anything, if somebody scribbled. */
    public static int stateOf(long decision) {
        return (int) (decision & STATE_MASK);
    }

    /** Whether a decision is final: it is done or it is not, and the kernel is not at it. */
    public static boolean isOver(long decision) {
        int state = stateOf(decision);
        return state != STATE_ASKED && state != STATE_TAKEN && state != STATE_GIVEN_UP;
    }

    private boolean move(long number, int from, int to) {
        return table.compareAndSetLong(base + DECISION_OFFSET, number << STATE_BITS | from, number << STATE_BITS | to);
    }

    /* ---- the host ---- */

    /**
     * Asks. What came of the request before is gone then.
     *
     * @param about of a query the operation that it is about, else null
     * @return the number of the request, from 1; 0 if the kernel may still be at the one before: nothing is asked
     */
    public long ask(ResourceOperation operation, ResourceOperation about, long first, long second) {
        long before = decision();
        if (!isOver(before)) {
            return 0;
        }
        long number = numberOf(before) + 1;
        table.putInt(base + OPERATION_OFFSET, operation.number());
        table.putInt(base + ABOUT_OFFSET, about == null ? 0 : about.number());
        table.putLong(base + FIRST_OFFSET, first);
        table.putLong(base + SECOND_OFFSET, second);
        table.putInt(base + RESULT_OFFSET, 0);
        text("");
        table.putLongVolatile(base + DECISION_OFFSET, number << STATE_BITS | STATE_ASKED);
        return number;
    }

    /**
     * Waits no longer for a request.
     *
     * @return what has become of it, for good: STATE_DONE, STATE_REFUSED, STATE_LET_GO; or STATE_GIVEN_UP: it is not
     *     done and will not be, and the kernel has still to undo what it had begun
     */
    public int giveUp(long number) {
        if (move(number, STATE_ASKED, STATE_LET_GO)) {
            return STATE_LET_GO;
        }
        move(number, STATE_TAKEN, STATE_GIVEN_UP);
        long now = decision();
        /* A word that somebody scribbled over says nothing: the kernel may be at it. */
        return numberOf(now) == number && stateOf(now) >= STATE_DONE && stateOf(now) <= STATE_LET_GO ? stateOf(now)
            : STATE_GIVEN_UP;
    }

    /** The life has ended and its process is gone: nobody is at it. Numbers go on, those of old messages are passed. */
    public void forget() {
        table.putLongVolatile(base + DECISION_OFFSET, numberOf(decision()) << STATE_BITS | STATE_NONE);
        table.putIntVolatile(base + SUPPORTED_OFFSET, 0);
    }

    /** Whether the kernel of this life has said that it knows an operation. */
    public boolean supports(ResourceOperation operation) {
        return (table.getIntVolatile(base + SUPPORTED_OFFSET) & 1 << operation.number()) != 0;
    }

    /** What the kernel answered: 0 or a negative errno; of a request that is over. */
    public int result() {
        return table.getIntVolatile(base + RESULT_OFFSET);
    }

    /** Why the kernel refused, for people; may be empty. */
    public String text() {
        return FixedText.get(table, base + TEXT_OFFSET, TEXT_LENGTH).replaceAll("\\p{Cntrl}", "?");
    }

    private void text(String text) {
        FixedText.put(table, base + TEXT_OFFSET, TEXT_LENGTH, text);
    }

    /* ---- the kernel ---- */

    /** Says which operations the kernel knows. Before it takes the first one. */
    public void supported(Iterable<ResourceOperation> operations) {
        int bits = 0;
        for (ResourceOperation operation : operations) {
            bits |= 1 << operation.number();
        }
        table.putIntVolatile(base + SUPPORTED_OFFSET, bits);
    }

    /**
     * Begins with what is asked for, if there is something.
     *
     * @return its number, 0 for nothing
     */
    public long take() {
        long seen = decision();
        long number = numberOf(seen);
        return stateOf(seen) == STATE_ASKED && move(number, STATE_ASKED, STATE_TAKEN) ? number : 0;
    }

    /** The operation of the request that was taken; null for a number that is none. */
    public ResourceOperation operation() {
        return ResourceOperation.of(table.getInt(base + OPERATION_OFFSET));
    }

    /** Of a query that was taken: what it is about; null for none. */
    public ResourceOperation about() {
        return ResourceOperation.of(table.getInt(base + ABOUT_OFFSET));
    }

    /** First argument of the request that was taken; anything. */
    public long first() {
        return table.getLong(base + FIRST_OFFSET);
    }

    /** Second argument. */
    public long second() {
        return table.getLong(base + SECOND_OFFSET);
    }

    /**
     * It can be done, and is from here on.
     *
     * @return false: the host has given it up. The kernel undoes what it has prepared, and says so by {@link #letGo}
     */
    public boolean done(long number) {
        return move(number, STATE_TAKEN, STATE_DONE);
    }

    /**
     * It cannot be done, and all is as before.
     *
     * @param errno negative
     * @param why   for people, in a few words
     */
    public void refuse(long number, int errno, String why) {
        table.putInt(base + RESULT_OFFSET, errno);
        text(why);
        if (!move(number, STATE_TAKEN, STATE_REFUSED)) {
            letGo(number);
        }
    }

    /** The kernel has undone what it had begun of a request that the host gave up. */
    public void letGo(long number) {
        move(number, STATE_GIVEN_UP, STATE_LET_GO);
    }

    /** Whether the host waits no longer for a request. */
    public boolean isGivenUp(long number) {
        return decision() != (number << STATE_BITS | STATE_TAKEN);
    }
}
