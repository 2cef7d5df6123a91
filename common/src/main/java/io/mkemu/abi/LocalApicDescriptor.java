// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * The local APIC of a physical CPU. Words that different parties write lie on different pairs of cache lines, so that a
 * sender that reads the idle word does not take it from its owner, and the owner's counters cost nobody else anything.
 *
 * <pre>
 *  +0    written by senders
 *        0            8          12
 *       +------------+----------+
 *       | pending    | doorbell |
 *       +------------+----------+
 *  +128  written by the CPU that owns it, read by senders
 *       0          2           4           6           8
 *       +----------+-----------+-----------+-----------+
 *       | state    | hot lane  | hot lane  | hot lane  |   0 = no lane, else sender's physical CPU id + 1
 *       +----------+-----------+-----------+-----------+
 *  +256  set by the host; a kernel whose CPU is moved corrects the host CPU
 *       +-----------------+-----------------+------------------+------------------+
 *       | host CPU   i32  | shared core u32 | instance id i32  | CPU number i32   |
 *       +-----------------+-----------------+------------------+------------------+
 *       | watches    u32  | logical CPU u32 | consumed before u64               |   watches: set by the owner
 *       +-----------------+-----------------+-----------------------------------+
 *  +320  counters, written by the owner: u64 each, see {@link Counter}
 *  +448  targets, written by the owner: bit i = has the IPI area of instance i mapped, or is mapping it
 *  +480  times, written by the owner, and by the host once the owner is dead: u64 each
 *       +----------------+----------------+----------------+----------------+
 *       | online since   | halted         | halted since   | polled         |
 *       +----------------+----------------+----------------+----------------+
 * </pre>
 */
public final class LocalApicDescriptor {
    /** Interrupt requests, bit n = vector n; senders set, the CPU takes. */
    public static final int PENDING_OFFSET = 0;
    /** Rung by adding 1; a halted CPU sleeps in FUTEX_WAIT on it. */
    public static final int DOORBELL_OFFSET = 8;
    /** State in the low 16 bits, then three hot lanes. */
    public static final int IDLE_OFFSET = 128;
    /** Hot lanes in the idle word. */
    public static final int HOT_LANES = 3;
    /** No thread runs this CPU. */
    public static final int STATE_OFFLINE = 0;
    /** The CPU executes, or polls: it looks at its hot lanes again before it halts. */
    public static final int STATE_RUNNING = 1;
    /** The CPU sleeps, or is about to: who sends must wake it. */
    public static final int STATE_HALTED = 2;
    /** Host CPU that the CPU's thread is pinned to; -1 when, against the host's plan, it is pinned to none. */
    public static final int HOST_CPU_OFFSET = 256;
    /** 1 while another CPU that runs has the same host CPU: this one must not poll. */
    public static final int SHARED_CORE_OFFSET = 260;
    /** The instance that owns the CPU, -1 for none. */
    public static final int INSTANCE_OFFSET = 264;
    /** The number Linux would give the CPU; differs from the physical id where the tree has apic-ids. */
    public static final int CPU_NUMBER_OFFSET = 268;
    /** 1 while this CPU is to be told of changes: whoever changes a life or a state raises INSTANCE_VECTOR. */
    public static final int WATCHES_OFFSET = 272;
    /** Its number in its instance, 0 for the boot CPU; its block in a queued IPI area. It stays while it is there. */
    public static final int LOGICAL_CPU_OFFSET = 276;
    /** Messages that other CPUs of this life had consumed in its block before it was added; 0 as a rule. */
    public static final int CONSUMED_BEFORE_OFFSET = 280;
    /** First counter. */
    public static final int COUNTERS_OFFSET = 320;
    /** Which instances' IPI areas this CPU uses; who takes an area away waits for the bit to go. */
    public static final int TARGETS_OFFSET = 448;
    /** 256 bits, one per instance id. */
    public static final int TARGETS_LENGTH = 32;
    /** Since when the CPU runs in this life, CLOCK_MONOTONIC in ns; 0 while no thread runs it. */
    public static final int ONLINE_SINCE_OFFSET = 480;
    /** How long it has slept in this life, ns, without the sleep that lasts. */
    public static final int HALTED_NANOS_OFFSET = 488;
    /** Since when it sleeps, CLOCK_MONOTONIC in ns; 0 while it does not. */
    public static final int HALTED_SINCE_OFFSET = 496;
    /** How long it has looked in vain for work in this life, ns; the first looks need not be counted. */
    public static final int POLLED_NANOS_OFFSET = 504;
    /** Bytes of a local APIC. */
    public static final int LENGTH = 512;

    /** The IPI that says: look into your mailbox. MULTIKERNEL_VECTOR of the RFC. */
    public static final int MULTIKERNEL_VECTOR = 0;
    /** Look at the host's request for this instance. */
    public static final int REQUEST_VECTOR = 1;
    /** Come round: work was given to this CPU by another thread, or an IPI area it uses is taken away. */
    public static final int RESCHEDULE_VECTOR = 2;
    /** Look at the instance table: a life or a state has changed. Only for CPUs that watch. */
    public static final int INSTANCE_VECTOR = 3;

    /** What a CPU counts; the ordinal is the index into the counters. */
    public enum Counter {
        /** Messages this CPU published. */
        SENT,
        /** Sends refused because the lane was full. */
        FULL,
        /** Doorbells this CPU rang. */
        RUNG,
        /** Doorbells it left out, the target polled or had been rung already: SENT - RUNG. Its word stays 0. */
        ELIDED,
        /** FUTEX_WAKE calls it made. */
        WOKEN,
        /** Interrupts taken, of any vector. */
        INTERRUPTS,
        /** Multikernel interrupts that found nothing. */
        SPURIOUS,
        /** Messages taken out of the mailbox. */
        RECEIVED,
        /** Callbacks run. */
        CALLBACKS,
        /** Callbacks that threw. */
        FAULTS,
        /** Messages no handler was registered for. */
        UNHANDLED,
        /** Words in shared memory that could not be true. */
        ANOMALIES,
        /** Times it halted. */
        HALTS
    }

    private LocalApicDescriptor() {
    }
}
