// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import io.mkemu.Similar;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What people read in a trace: the one table of event names. A record stands for one or more of them, see
 * {@link TraceEntry}.
 */
public enum EventName {
    /** A message was published. */
    SEND("id type size to", "a message was published in its target's mailbox"),
    /** Its sender rang. */
    DOORBELL("id type to to_cpu", "the target was rung: vector pending, doorbell counted"),
    /** Its sender did not ring. */
    ELIDE("id type to to_cpu", "no doorbell: the target polled this lane"),
    /** Its sender woke the target. */
    WAKE("id type to to_cpu", "the target slept in its futex and was woken"),
    /** There was no room for a message. */
    FULL("type size to error", "a send found the mailbox full: -ENOSPC"),
    /** A message was refused. */
    REFUSED("type size to error", "a send was refused"),
    /** Vectors were taken. */
    VECTOR("vectors", "a CPU took its pending vectors"),
    /** A message was seen by its target. */
    INTERRUPT("id type size from", "the target saw the message"),
    /** A handler's work was queued. */
    QUEUE("id type", "irq_work of a handler was queued"),
    /** A callback began. */
    CALLBACK_BEGIN("id type size from after", "a callback began, so long after the interrupt"),
    /** A callback ended. */
    CALLBACK_END("id type took", "it returned, or threw"),
    /** Nobody handles a message. */
    UNHANDLED("id type size from", "a message was delivered that no handler is registered for"),
    /** A handler's work was pending already. */
    COALESCED("id type", "single-slot: a handler's work was pending, this interrupt has no callback of its own"),
    /** A message could not be true. */
    ANOMALY("from_cpu", "a message that cannot be true was dropped"),
    /** A CPU went to sleep. */
    HALT("for", "a CPU went to sleep in its futex"),
    /** It woke. */
    WAKEUP("slept", "it woke"),
    /** Something threw. */
    FAULT("", "the kernel, a task or a callback threw"),
    /** A page was shared. */
    PFN_SHARE("pfn pages to result", "mk_send_pfn, sendPages"),
    /** A share was taken back. */
    PFN_REVOKE("pfn pages to result", "shares were taken back"),
    /** A page was mapped. */
    PFN_MAP("pfn pages result", "mk_receive_map_page, receiveMapPages"),
    /** A page was unmapped. */
    PFN_UNMAP("pfn pages", "mk_receive_unmap_page"),
    /** Memory was allocated. */
    POOL_ALLOC("address pages", "multikernel_instance_alloc; address 0: the pool was full"),
    /** Memory was freed. */
    POOL_FREE("address pages result", "multikernel_instance_free"),
    /** A task was stepped. */
    TASK("task name took ended", "trace=all: a task was stepped"),
    /** Work ran. */
    WORK("work number took", "trace=all: a module ran outside of messages and tasks: run_on_cpu, init, exit"),
    /** The kernel answered a module. */
    CALL("call result arg0 arg1", "trace=all: what the kernel answered a module"),
    /** An instance's state changed. */
    STATE("state was reason", "an instance's state changed"),
    /** A boot step was reached. */
    BOOT("step", "an instance's boot reached a step"),
    /** A kernel log line. */
    LOG("level text", "a line of the kernel log"),
    /** Records were dropped. */
    GAP("sends deliveries others", "so many records were dropped: a ring, or the journal's disk, was full"),
    /** A life begins. */
    LIFE("id name life cpus modules bootargs", "a life of an instance begins: what it runs"),
    /** The trace mode changed. */
    MODE("trace was", "mk trace set"),
    /** A recording begins. */
    MACHINE("machine ipi createdNanos", "a recording begins"),
    /** A recording ends. */
    END("", "the recording ended in order"),
    /** A type was named. */
    TYPE_NAME("type name", "a module gave a type of messages a name"),
    /** Bytes that are no record. */
    DAMAGED("unreadable", "so many bytes of a ring or of the journal are no records");

    private final String fields;
    private final String meaning;

    EventName(String fields, String meaning) {
        this.fields = fields;
        this.meaning = meaning;
    }

    /** The name as users read and write it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Names of its fields as text lines have them, for the documentation. */
    public List<String> fields() {
        return fields.isEmpty() ? List.of() : List.of(fields.split(" "));
    }

    /** What it means, for people. */
    public String meaning() {
        return meaning;
    }

    /**
     * The event of a name.
     *
     * @throws IllegalArgumentException for another name, in one line that says which may have been meant
     */
    public static EventName of(String name) {
        return Arrays.stream(values()).filter(event -> event.label().equals(name)).findFirst().orElseThrow(
            () -> new IllegalArgumentException("\"" + name + "\" is no event" + Similar.hint(name,
                Arrays.stream(values()).map(EventName::label).toList())));
    }
}
