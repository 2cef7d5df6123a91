// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * What a trace record tells; its ordinal is the record's event. What id, type, size, args and flags hold is said with
 * each; what is not said is 0. The host writes those from {@link #STATE} on, straight into the journal.
 */
public enum TraceEvent {
    /** No event: a record that says this is damaged. */
    NONE(TraceMode.ALL),
    /**
     * A message was published: id, type, size; arg0 the target instance; flags RUNG, WOKEN or ELIDED. Stamped once the
     * message can be seen, and before the target is rung.
     */
    SEND(TraceMode.IPI),
    /** A send found its lane full: as REFUSED. */
    FULL(TraceMode.IPI),
    /**
     * A send was refused: type, size, at most 65535; arg0 the target instance, arg1 the errno, positive. With trace=all
     * the payload, if it was one that can be sent.
     */
    REFUSED(TraceMode.IPI),
    /** Vectors were taken: id is their mask. */
    INTERRUPT(TraceMode.IPI),
    /**
     * A callback ran: time is its begin; id, type, size of its message; arg0 ns it took, arg1 ns from the interrupt to
     * its begin, both at most 2^32-1; flag FIRST on the first of a message, FAULT if it threw. With trace=all the first
     * carries the payload as it was delivered.
     */
    CALLBACK(TraceMode.IPI),
    /** A message was delivered that no handler is registered for: id, type, size; arg1 as with CALLBACK. */
    UNHANDLED(TraceMode.IPI),
    /** Single-slot: a handler's work was pending already, so this interrupt has no callback of its own. type. */
    COALESCED(TraceMode.IPI),
    /** A message that could not be true was dropped: arg0 the sender's CPU, as its lane has it. */
    ANOMALY(TraceMode.LIFECYCLE),
    /** The CPU slept in its futex: time is the begin; id the ns slept. */
    HALT(TraceMode.IPI),
    /** The kernel itself, a task or a callback threw. */
    FAULT(TraceMode.LIFECYCLE),
    /**
     * mk_send_pfn, or pages one behind the other: id the PFN of the first, type how many, 0 for one; arg0 the target
     * instance, arg1 the errno, positive, or 0.
     */
    PFN_SHARE(TraceMode.IPI),
    /** Shares were taken back: as PFN_SHARE. */
    PFN_REVOKE(TraceMode.IPI),
    /** mk_receive_map_page: id and type as PFN_SHARE, arg0 1 if mapped. What is in the pages CALL records tell. */
    PFN_MAP(TraceMode.IPI),
    /** mk_receive_unmap_page: id and type as PFN_SHARE. */
    PFN_UNMAP(TraceMode.IPI),
    /** multikernel_instance_alloc: id the address, 0 if the pool was full; arg0 pages. */
    POOL_ALLOC(TraceMode.IPI),
    /** multikernel_instance_free: id the address; arg0 pages, arg1 the errno, positive, or 0. */
    POOL_FREE(TraceMode.IPI),
    /**
     * A task was stepped: id its number in the order of starting on its CPU, from 0; type 1 if it ended with that; arg0
     * the ns it took; flag FAULT if it failed. As with CALLBACK, time is its begin, and what it did comes before it.
     */
    TASK(TraceMode.ALL),
    /** A module ran without a message and outside of its tasks: as TASK; type says why, see {@link WorkKind}. */
    WORK(TraceMode.ALL),
    /** The kernel answered a module, in the callback, step or work that ends next: type the {@link KernelCall}. */
    CALL(TraceMode.ALL),
    /** An instance's state: arg0 the new, arg1 the old, ordinals of InstanceState; payload the reason, UTF-8. */
    STATE(TraceMode.LIFECYCLE),
    /** A boot step was reached: arg0 the ordinal of BootStep. */
    BOOT(TraceMode.LIFECYCLE),
    /** A line of a kernel log: type the level, arg0 the physical CPU + 1 or 0; payload the text, UTF-8. */
    LOG(TraceMode.LIFECYCLE),
    /**
     * Records were dropped because a ring was full, or lines because a log was: arg0 sends, arg1 first callbacks and
     * unhandled messages, id all others.
     */
    GAP(TraceMode.OFF),
    /** A life begins: payload what it runs, as the journal's docs say. */
    LIFE(TraceMode.OFF),
    /** The trace mode changed: arg0 the new, arg1 the old. */
    MODE(TraceMode.OFF),
    /** A recording begins: payload the machine, as the journal's docs say. */
    MACHINE(TraceMode.OFF),
    /** A recording ends in order. */
    END(TraceMode.OFF),
    /** A module has named a type of messages: type it; payload the name, ASCII. */
    TYPE_NAME(TraceMode.OFF);

    private final TraceMode from;

    TraceEvent(TraceMode from) {
        this.from = from;
    }

    /** The least mode in which it is recorded. */
    public TraceMode from() {
        return from;
    }

    private static final TraceEvent[] ALL = values();

    /** The event of a record; {@link #NONE} for a number that is none. */
    public static TraceEvent of(int number) {
        return number >= 0 && number < ALL.length ? ALL[number] : NONE;
    }
}
