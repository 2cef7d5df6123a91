// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hotplug;

import io.mkemu.Errno;
import io.mkemu.table.ResourceOperation;
import io.mkemu.table.ResourceProbe;
import io.mkemu.table.ResourceRequest;

/**
 * One request of the host that this kernel has begun with. Whoever handles it prepares all that can fail, then calls
 * {@link #done} or {@link #refuse} once, at any time. On the boot CPU.
 */
public final class ResourceCall {
    /** Is told that a request is answered. */
    @FunctionalInterface
    public interface Answered {
        /**
         * @param operation its number
         * @param result    0 or a negative errno
         */
        void answered(long number, int operation, int result);
    }

    private final ResourceRequest request;
    private final long number;
    private final ResourceOperation operation;
    private final long first;
    private final long second;
    private final Answered answered;
    private boolean over;

    ResourceCall(ResourceRequest request, long number, ResourceOperation operation, Answered answered) {
        this.request = request;
        this.number = number;
        this.operation = operation;
        /* Once, and used as they were then: shared memory is not trusted. */
        this.first = request.first();
        this.second = request.second();
        this.answered = answered;
    }

    /** Number of the request. */
    public long number() {
        return number;
    }

    /** What is asked for; null for a number that is no operation. */
    public ResourceOperation operation() {
        return operation;
    }

    /** First argument: a CPU's physical id or a region's address; anything. */
    public long first() {
        return first;
    }

    /** Second argument: a region's bytes; anything. */
    public long second() {
        return second;
    }

    /** Whether the host waits no longer: it will not be done, and what has begun may as well be undone now. */
    public boolean isGivenUp() {
        return request.isGivenUp(number);
    }

    /**
     * It is done from here on.
     *
     * @param undo takes back what was prepared, if the host has given the request up before; when it has returned, what
     *             the request is about may belong to somebody else
     * @return whether it is done
     */
    public boolean done(Runnable undo) {
        ResourceProbe.at(ResourceProbe.Step.PREPARED);
        boolean done = request.done(number);
        ResourceProbe.at(ResourceProbe.Step.DONE);
        if (!done) {
            undo.run();
            request.letGo(number);
        }
        end(done ? 0 : -Errno.ETIME);
        return done;
    }

    /**
     * It is not done; all is as before already.
     *
     * @param errno positive
     * @param why   for people, in a few words
     */
    public void refuse(int errno, String why) {
        request.refuse(number, -errno, why);
        end(-errno);
    }

    private void end(int result) {
        over = true;
        answered.answered(number, operation == null ? 0 : operation.number(), result);
    }

    boolean isOver() {
        return over;
    }

    @Override
    public String toString() {
        return operation + " 0x" + Long.toHexString(first) + " " + second + " (request " + number + ")";
    }
}
