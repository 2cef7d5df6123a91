// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.plug;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.ResourceDescriptor;
import io.mkemu.kernel.KernelInstance;
import io.mkemu.machine.MappedMachine;
import io.mkemu.message.ResourceMessage;
import io.mkemu.os.Futex;
import io.mkemu.table.InstanceEntry;
import io.mkemu.table.ResourceOperation;
import io.mkemu.table.ResourceRequest;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * One request of the host to the kernel of an instance that runs. It is asked under the host's lock, waited for without
 * it, and ends under it again, by {@link #end}; also when the life ends before.
 */
public final class ResourceAsk {
    /** How a request ended. */
    public enum Outcome {
        /** The kernel has done it. */
        DONE,
        /** It has not, and has nothing to do with it. */
        UNDONE,
        /** It will not be done, but the kernel has still to undo what it has begun. */
        KEPT
    }

    private static final long REPEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final MappedMachine machine;
    private final KernelInstance host;
    private final InstanceEntry entry;
    private final String name;
    private final ResourceOperation operation;
    private final ResourceOperation about;
    private final long first;
    private final long second;
    private final long number;
    private Outcome outcome;

    private ResourceAsk(MappedMachine machine, KernelInstance host, InstanceEntry entry, String name,
        ResourceOperation operation, ResourceOperation about, long first, long second) {
        this.machine = machine;
        this.host = host;
        this.entry = entry;
        this.name = name;
        this.operation = operation;
        this.about = about;
        this.first = first;
        this.second = second;
        this.number = entry.resources().ask(operation, about, first, second);
    }

    /**
     * Asks. Under the host's lock.
     *
     * @param host  the host's own kernel, which sends the messages; null: nobody does, and the kernel is rung only
     * @param name  of the instance, for the messages
     * @param about of a query the operation that it is about, else null
     * @throws MachineException if the kernel does not know the operation, or is still at the request before
     */
    public static ResourceAsk begin(MappedMachine machine, KernelInstance host, InstanceEntry entry, String name,
        ResourceOperation operation, ResourceOperation about, long first, long second) {
        if (!entry.resources().supports(operation) || about != null && !entry.resources().supports(about)) {
            throw new MachineException(ExitCode.STATE, "the kernel of instance " + name + " cannot "
                + words(about == null ? operation : about) + " while it runs (" + Errno.name(Errno.EOPNOTSUPP)
                + "): mk kill " + name + ", then repeat this, and mk exec it");
        }
        ResourceAsk asked = new ResourceAsk(machine, host, entry, name, operation, about, first, second);
        if (asked.number == 0) {
            throw new MachineException(ExitCode.STATE, "the kernel of instance " + name + " has not let go of the "
                + "request before, which was given up: wait until it does, or mk kill it");
        }
        asked.ring();
        return asked;
    }

    private static String words(ResourceOperation operation) {
        return switch (operation) {
            case CPU_ADD -> "take a CPU";
            case CPU_REMOVE -> "give a CPU back";
            case MEMORY_ADD -> "take memory";
            case MEMORY_REMOVE -> "give memory back";
            case QUERY -> "tell whether it would do it";
        };
    }

    /** Says that there is something to look at: again and again, since a message can be lost. */
    private void ring() {
        if (host != null) {
            host.askForResources(entry, ResourceMessage.request(number, entry.life(), operation.number(), first,
                second));
        }
        int boot = entry.bootCpu();
        if (boot >= 0) {
            machine.apic(boot).raise(LocalApicDescriptor.REQUEST_VECTOR);
        }
    }

    /**
     * Waits for the answer, {@link ResourceDescriptor#ANSWER_MILLIS} at the most, or until the life ends. Not under the
     * host's lock. {@link #end} says what has come of it.
     *
     * @param lives whether the kernel that was asked still runs
     */
    public void await(BooleanSupplier lives) {
        await(lives, TimeUnit.MILLISECONDS.toNanos(ResourceDescriptor.ANSWER_MILLIS));
    }

    void await(BooleanSupplier lives, long nanos) {
        Futex futex = new Futex();
        long begun = System.nanoTime();
        long left = nanos;
        long rung = begun;
        while (left > 0) {
            int seen = machine.memory().event();
            long decision = entry.resources().decision();
            if (ResourceRequest.numberOf(decision) != number || ResourceRequest.isOver(decision)
                || !lives.getAsBoolean() || Thread.currentThread().isInterrupted()) {
                return;
            }
            machine.memory().awaitEvent(futex, seen, Math.min(left, REPEAT_NANOS));
            long now = System.nanoTime();
            if (now - rung >= REPEAT_NANOS) {
                rung = now;
                ring();
            }
            left = nanos - (now - begun);
        }
    }

    /**
     * Ends it: from here on it is decided. Under the host's lock, by whoever waited for it or by the end of the life.
     *
     * @return how; the same for each call, but that KEPT becomes UNDONE
     */
    public Outcome end() {
        if (outcome == null || outcome == Outcome.KEPT) {
            outcome = switch (entry.resources().giveUp(number)) {
                case ResourceDescriptor.STATE_DONE -> Outcome.DONE;
                case ResourceDescriptor.STATE_GIVEN_UP -> Outcome.KEPT;
                default -> Outcome.UNDONE;
            };
        }
        return outcome;
    }

    /** The life has ended, and its process is gone: as {@link #end}, but that nothing is kept any more. */
    public Outcome endWithLife() {
        outcome = end() == Outcome.DONE ? Outcome.DONE : Outcome.UNDONE;
        return outcome;
    }

    /** Whether the kernel has refused it; as {@link #refusal}. */
    boolean isRefused() {
        return ResourceRequest.stateOf(entry.resources().decision()) == ResourceDescriptor.STATE_REFUSED;
    }

    /**
     * Why it was not done: to be thrown once {@link #end} has said so. Reads the answer: before the next request.
     *
     * @param lifeEnded whether the life ended before
     */
    MachineException refusal(boolean lifeEnded) {
        ResourceRequest request = entry.resources();
        String why = request.text();
        if (isRefused()) {
            return new MachineException(ExitCode.STATE, "instance " + name + " cannot "
                + words(about == null ? operation : about) + " now: " + (why.isEmpty() ? "its kernel refuses" : why)
                + " (" + Errno.name(request.result()) + "); nothing is changed");
        }
        if (lifeEnded) {
            return new MachineException(ExitCode.STATE, "instance " + name + " has ended before it could "
                + words(about == null ? operation : about) + "; nothing is changed: mk show " + name + " tells why");
        }
        return new MachineException(ExitCode.STATE, "the kernel of instance " + name + " has not answered within "
            + ResourceDescriptor.ANSWER_MILLIS / 1000 + " s (" + Errno.name(Errno.ETIME) + "); nothing is changed: its "
            + "boot CPU is busy or hangs (mk dmesg " + name + "), try again or mk kill it");
    }
}
