// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.plug;

import io.mkemu.MachineException;
import io.mkemu.host.plug.ResourceAsk.Outcome;
import io.mkemu.table.ResourceProbe;
import java.util.function.BooleanSupplier;

/**
 * A change of what an instance has while its kernel runs: what the host has set aside for it, the request, and what the
 * host writes down when it is decided. Under the host's lock, but for {@link #await}.
 */
public final class PlugChange {
    private final ResourceAsk ask;
    private final Runnable done;
    private final Runnable undone;
    private boolean over;
    private boolean isDone;
    private boolean lifeEnded;
    private boolean isAnswered;
    private MachineException refusal;

    /**
     * A change that is being asked for.
     *
     * @param done   writes down that the kernel has done it
     * @param undone gives back what was set aside; the kernel has nothing to do with it
     */
    public PlugChange(ResourceAsk ask, Runnable done, Runnable undone) {
        this.ask = ask;
        this.done = done;
        this.undone = undone;
        ResourceProbe.at(ResourceProbe.Step.ASKED);
    }

    /**
     * Waits until the kernel has answered, its life is over, or the time for an answer is. Not under the host's lock.
     *
     * @param lives whether the kernel that was asked still runs
     */
    public void await(BooleanSupplier lives) {
        ask.await(lives);
    }

    /**
     * Decides it, if it is not decided yet.
     *
     * @return whether it is over; else the kernel has still to let go, and this is to be called again
     */
    public boolean settle() {
        return over || settle(ask.end());
    }

    /** As {@link #settle}, once the life has ended and its process is gone: it is over then. */
    public void settleWithLife() {
        if (!over) {
            lifeEnded = true;
            settle(ask.endWithLife());
        }
    }

    private boolean settle(Outcome outcome) {
        ResourceProbe.at(ResourceProbe.Step.DECIDED);
        if (refusal == null && outcome != Outcome.DONE) {
            isAnswered = ask.isRefused();
            refusal = ask.refusal(lifeEnded);
        }
        if (outcome == Outcome.KEPT) {
            return false;
        }
        over = true;
        isDone = outcome == Outcome.DONE;
        (isDone ? done : undone).run();
        return true;
    }

    /** Whether it is decided, and the kernel has nothing to undo. */
    public boolean isOver() {
        return over;
    }

    /** Whether nobody waits for it any more, and the kernel had still to let go when it was given up. */
    public boolean isGivenUp() {
        return !over && refusal != null;
    }

    /** Whether the kernel has done it. Once it is settled. */
    public boolean isDone() {
        return isDone;
    }

    /** Whether it was not done because the kernel has said no. Once it is settled. */
    public boolean isAnswered() {
        return isAnswered;
    }

    /** Why it was not done. Once it is settled, if it is not done. */
    public MachineException refusal() {
        return refusal;
    }
}
