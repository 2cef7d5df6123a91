// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import io.mkemu.Errno;
import io.mkemu.hazards.Patience.Silence;
import java.util.List;
import java.util.function.Function;

/**
 * One of the fifteen hazards of the RFC's framework. Immutable; one thread provokes.
 *
 * @param number      its place in the list, 1..15
 * @param title       what goes wrong, in a few words
 * @param function    the function of the RFC in which it lies
 * @param explanation why it happens, and what the queued mailbox does instead, in one line
 * @param provocation what kernels are made to do
 * @param judgement   whether the hazard shows in what was seen then
 */
record Hazard(int number, String title, String function, String explanation, Provocation provocation,
              Function<Seen, Outcome> judgement) {
    /** Makes kernels do what is hazardous. */
    interface Provocation {
        /**
         * Provokes a hazard on a machine of either mailbox, by the same steps as far as both know the calls.
         *
         * @param type of its messages
         * @throws Silence if a kernel did not do its part, so that nothing can be said
         */
        Seen on(Stage stage, int type);
    }

    /**
     * What was seen.
     *
     * @param tally what became of the messages
     * @param count what else was counted, each hazard something of its own
     * @param error what a call returned: 0, or an errno, negated
     */
    record Seen(Tally tally, long count, int error) {
        Seen(Tally tally) {
            this(tally, 0, 0);
        }

        /** The hazard shows if messages that were told to be sent did not arrive once and whole. */
        Outcome judge(String note) {
            return judge(!tally.clean(), note);
        }

        Outcome judge(boolean shown, String note) {
            return Outcome.of(tally, shown, note);
        }

        private String refused(String what) {
            return what + " refused with " + Errno.name(error);
        }
    }

    /** All of them, in order. */
    static final List<Hazard> ALL = List.of(
        new Hazard(1, "overwrite", "multikernel_send_ipi_data",
            "each send clears the slot, read or not, and returns 0; queued: a lane of slots, full is -ENOSPC",
            MessageHazards::overwrite, seen -> seen.judge("")),
        new Hazard(2, "torn or stale read", "multikernel_send_ipi_data",
            "size is visible before type and payload, and senders share the slot; queued: a ready word, stored last",
            MessageHazards::tornRead, seen -> seen.judge("")),
        new Hazard(3, "live pointer", "handler_work",
            "the callback is handed the slot itself, which the next send overwrites; queued: it is the callback's",
            MessageHazards::livePointer, seen -> seen.judge("")),
        new Hazard(4, "coalescing", "multikernel_interrupt_handler",
            "irq_work that is pending is not queued again, so two messages get one callback; queued: one for each",
            MessageHazards::coalescing, seen -> seen.judge("")),
        new Hazard(5, "zero-size send", "multikernel_interrupt_handler",
            "data_size 0 means an empty slot, yet sending 0 bytes returns 0; queued: delivered like any other",
            MessageHazards::zeroSize, seen -> seen.judge("")),
        new Hazard(6, "no receiver", "multikernel_send_ipi_data",
            "a send asks neither whether the instance runs nor who listens; queued: -ESHUTDOWN, unhandled is counted",
            ReachHazards::noReceiver, seen -> seen.judge("not booted: " + (seen.error() == 0
                ? "all " + seen.count() + " sends returned 0" : seen.refused(seen.count() + " sends")))),
        new Hazard(7, "physical against logical CPU", "multikernel_send_ipi_data",
            "the sender writes the slot of the CPU's number, the receiver reads that of its APIC id; queued: APIC ids",
            ReachHazards::physicalCpu, seen -> seen.judge("")),
        new Hazard(8, "only the first CPU receives", "multikernel_send_ipi_data",
            "the target is cpumask_first(), the other CPUs have slots in vain; queued: a call that names the CPU",
            ReachHazards::firstCpuOnly,
            seen -> seen.judge(seen.count() == 0 ? "" : seen.count() + " came to the first CPU")),
        new Hazard(9, "layout depends on NR_CPUS", "mk_instance_ipi_create",
            "nothing compares the two builds: a slot lies beyond the area; queued: its sizes are compared, -ENODEV",
            MemoryHazards::layout, seen -> seen.judge(seen.error() != 0 ? "refused with " + Errno.name(seen.error())
                : seen.count() + " bytes of other memory overwritten")),
        new Hazard(10, "type truncation", "multikernel_send_ipi_data",
            "an unsigned long type is cut to unsigned int and reaches the wrong handler; queued: -EINVAL",
            MessageHazards::typeTruncation, seen -> seen.judge(seen.error() != 0 ? seen.refused("type 0x100000001")
                : "type 0x100000001 came as 0x1")),
        new Hazard(11, "no reply address", "multikernel_interrupt_handler",
            "sender_cpu names a CPU and sends go to instances, an answer goes astray; queued: the owner is looked up",
            ReachHazards::noReplyAddress, seen -> seen.judge(seen.tally().lost() == 0 ? ""
                : seen.count() + " answers to CPU " + Cast.SENDERS_CPU + " came to instance " + Cast.SENDERS_CPU)),
        new Hazard(12, "host cannot receive", "mk_instance_ipi_create",
            "nobody calls it for the host, so a send to instance 0 is -ENODEV; queued: the host has an area too",
            ReachHazards::hostCannotReceive, seen -> seen.judge(seen.count() > 0 || !seen.tally().clean(),
                seen.count() > 0 ? seen.refused(seen.count() + " sends") : "")),
        new Hazard(13, "destroy during send", "mk_instance_ipi_destroy",
            "frees the area without asking who writes there; queued: waits for senders, or keeps the memory (-EBUSY)",
            MemoryHazards::destroyDuringSend, seen -> seen.judge(
                (seen.error() == 0 ? "destroyed at once" : "destroy said " + Errno.name(seen.error()))
                    + ", " + seen.count() + " bytes of reused memory overwritten")),
        new Hazard(14, "unregister in own callback", "multikernel_unregister_handler",
            "irq_work_sync() waits for the callback that called it: the CPU hangs; queued: -EDEADLK and goes on",
            MessageHazards::unregisterInCallback, seen -> seen.judge(seen.count() > 0 || !seen.tally().clean(),
                seen.count() > 0 ? "the CPU makes no progress, its process is killed" : "the CPU goes on")),
        new Hazard(15, "any kernel maps any page", "mk_receive_map_page",
            "maps whatever PFN a message carries; queued: only what its owner shared, else refused and logged",
            MemoryHazards::anyPage, seen -> seen.judge(seen.count() != MemoryHazards.REFUSED_AND_LOGGED,
                seen.count() == MemoryHazards.WAS_READ ? "a page of instance mapped was read"
                    : seen.count() == MemoryHazards.REFUSED_AND_LOGGED ? "refused and logged"
                    : "refused in silence")));

    /** The type of its messages: each hazard has its own, so that none sees another's. */
    int type() {
        return 0x100 * number;
    }

    /** Provokes it and judges; a hazard that cannot be provoked leaves the others their turn. */
    Outcome run(Stage stage) {
        try {
            return judgement.apply(provocation.on(stage, type()));
        } catch (Silence silent) {
            stage.recover();
            return Outcome.failed(silent.getMessage());
        }
    }
}
