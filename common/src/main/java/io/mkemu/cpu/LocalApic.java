// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cpu;

import static io.mkemu.abi.LocalApicDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.os.Futex;
import io.mkemu.os.Platform;
import java.lang.invoke.VarHandle;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A physical CPU's local APIC: how it is interrupted, how it sleeps and what it counts. Any CPU may raise a vector;
 * only the thread that runs the CPU takes vectors, halts and counts.
 *
 * <p>Sleeping and waking cannot miss each other: the sleeper announces HALTED and then looks for work once more; the
 * waker publishes work and then looks for HALTED. Both sides put a full fence between the two.
 */
public final class LocalApic {
    private static final long STATE_MASK = 0xffff;

    /* Of the first byte, in this process. That all of it is mapped is checked here, and not again at each access: that
       would be most of what an access costs. */
    private final long address;
    private final int physicalCpu;
    private final Platform platform;

    LocalApic(UnsafeBuffer tables, int base, int physicalCpu, Platform platform) {
        this.platform = platform;
        tables.boundsCheck(base, LENGTH);
        this.address = tables.addressOffset() + base;
        this.physicalCpu = physicalCpu;
    }

    /** What its machine has besides memory. */
    public Platform platform() {
        return platform;
    }

    /** The physical CPU id. */
    public int physicalCpu() {
        return physicalCpu;
    }

    /**
     * Says which host CPU runs it, whether another CPU runs there too, and who owns it. Host only, while it does not
     * run.
     */
    public void configure(int hostCpu, boolean sharedCore, int instanceId, int cpuNumber) {
        UnsafeApi.putInt(address + CPU_NUMBER_OFFSET, cpuNumber);
        UnsafeApi.putInt(address + HOST_CPU_OFFSET, hostCpu);
        UnsafeApi.putInt(address + SHARED_CORE_OFFSET, sharedCore ? 1 : 0);
        UnsafeApi.putIntVolatile(null, address + INSTANCE_OFFSET, instanceId);
    }

    /** Says which number the CPU has in its instance: 0 for the boot CPU. Host only, while it does not run. */
    public void logicalCpu(int logicalCpu) {
        UnsafeApi.putIntVolatile(null, address + LOGICAL_CPU_OFFSET, logicalCpu);
    }

    /** Its number in its instance, 0 for the boot CPU, which is its block in a queued IPI area; may be garbage. */
    public int logicalCpu() {
        return UnsafeApi.getIntVolatile(null, address + LOGICAL_CPU_OFFSET);
    }

    /** Says how many messages had been consumed in the CPU's block before it came. Host only, while it does not run. */
    public void consumedBefore(long messages) {
        UnsafeApi.putLongVolatile(null, address + CONSUMED_BEFORE_OFFSET, messages);
    }

    /** How many messages other CPUs of this life had consumed in its block before it came. Any thread. */
    public long consumedBefore() {
        return UnsafeApi.getLongVolatile(null, address + CONSUMED_BEFORE_OFFSET);
    }

    /** The number Linux would give the CPU: the physical id, unless the tree has apic-ids. */
    public int cpuNumber() {
        return UnsafeApi.getInt(address + CPU_NUMBER_OFFSET);
    }

    /** Whether this CPU uses the IPI area of an instance. Any thread. */
    public boolean sendsTo(int instanceId) {
        return (UnsafeApi.getLongVolatile(null, targetWord(instanceId)) & 1L << instanceId % Long.SIZE) != 0;
    }

    /** Says, with a full fence behind it, that this CPU uses an instance's IPI area, or no longer. Owner only. */
    public void sendsTo(int instanceId, boolean uses) {
        long word = targetWord(instanceId);
        long bit = 1L << instanceId % Long.SIZE;
        long before = UnsafeApi.getLong(word);
        UnsafeApi.putLongVolatile(null, word, uses ? before | bit : before & ~bit);
    }

    private long targetWord(int instanceId) {
        return address + TARGETS_OFFSET + instanceId / Long.SIZE * Long.BYTES;
    }

    /** The CPU's kernel is gone: it runs no more and uses nobody's IPI area. For its supervisor. */
    public void retire() {
        for (int word = 0; word < TARGETS_LENGTH; word += Long.BYTES) {
            UnsafeApi.putLongVolatile(null, address + TARGETS_OFFSET + word, 0);
        }
        watches(false);
        UnsafeApi.putLongVolatile(null, address + ONLINE_SINCE_OFFSET, 0);
        UnsafeApi.putLongVolatile(null, address + HALTED_SINCE_OFFSET, 0);
        announce(STATE_OFFLINE);
    }

    /** A life of this CPU begins to run now. Owner only, before it announces anything. */
    public void onlineSince(long nanos) {
        UnsafeApi.putLongRelease(null, address + ONLINE_SINCE_OFFSET, nanos);
    }

    /** It is about to sleep. Owner only. */
    public void fallsAsleep(long nanos) {
        UnsafeApi.putLongRelease(null, address + HALTED_SINCE_OFFSET, nanos);
    }

    /** It has slept. Owner only. */
    public void awakes(long nanos) {
        long slept = nanos - UnsafeApi.getLong(address + HALTED_SINCE_OFFSET);
        UnsafeApi.putLongRelease(null, address + HALTED_SINCE_OFFSET, 0);
        add(HALTED_NANOS_OFFSET, slept);
    }

    /** It has looked in vain for work for so long. Owner only. */
    public void polled(long nanos) {
        add(POLLED_NANOS_OFFSET, nanos);
    }

    private void add(int offset, long amount) {
        UnsafeApi.putLongRelease(null, address + offset, UnsafeApi.getLong(address + offset) + amount);
    }

    /**
     * Since when this life of the CPU runs, CLOCK_MONOTONIC in ns; 0 while no thread runs it, or its kernel does not
     * tell. Any thread.
     */
    public long onlineSince() {
        return UnsafeApi.getLongAcquire(null, address + ONLINE_SINCE_OFFSET);
    }

    /** How long it has slept in this life, ns, with the sleep that lasts now. Any thread. */
    public long haltedNanos(long now) {
        long since;
        long halted;
        do {
            /* As one: a sleep that ends in between would count twice. */
            since = UnsafeApi.getLongAcquire(null, address + HALTED_SINCE_OFFSET);
            halted = UnsafeApi.getLongAcquire(null, address + HALTED_NANOS_OFFSET);
        } while (since != UnsafeApi.getLongAcquire(null, address + HALTED_SINCE_OFFSET));
        return halted + (since == 0 ? 0 : Math.max(0, now - since));
    }

    /** How long it has looked in vain for work in this life, ns. Any thread. */
    public long polledNanos() {
        return UnsafeApi.getLongAcquire(null, address + POLLED_NANOS_OFFSET);
    }

    /** Host CPU that the CPU's thread is pinned to; -1 for none. It changes when somebody else moves the thread. */
    public int hostCpu() {
        return UnsafeApi.getIntVolatile(null, address + HOST_CPU_OFFSET);
    }

    /** Says where the CPU's thread really is pinned. For the kernel that runs it. */
    public void hostCpu(int hostCpu) {
        UnsafeApi.putIntVolatile(null, address + HOST_CPU_OFFSET, hostCpu);
    }

    /** Whether another CPU that runs has the same host CPU, so that this one must not poll. It may change any time. */
    public boolean sharesCore() {
        return UnsafeApi.getIntVolatile(null, address + SHARED_CORE_OFFSET) != 0;
    }

    /** Says whether another CPU that runs has the same host CPU. Host only. */
    public void sharesCore(boolean shares) {
        UnsafeApi.putIntVolatile(null, address + SHARED_CORE_OFFSET, shares ? 1 : 0);
    }

    /** Whether this CPU is to be told when a life or a state of an instance changes. Any thread. */
    public boolean watches() {
        return UnsafeApi.getIntVolatile(null, address + WATCHES_OFFSET) != 0;
    }

    /** Says, with a full fence behind it, whether this CPU is to be told of them. Owner only. */
    public void watches(boolean watches) {
        UnsafeApi.putIntVolatile(null, address + WATCHES_OFFSET, watches ? 1 : 0);
    }

    /** The instance that owns the CPU, -1 for none. */
    public int instanceId() {
        return UnsafeApi.getIntVolatile(null, address + INSTANCE_OFFSET);
    }

    /**
     * Raises a vector and wakes the CPU if it sleeps: __apic_send_IPI. What the vector announces must have been
     * published before. Any thread.
     *
     * @return whether a FUTEX_WAKE was needed
     */
    public boolean raise(int vector) {
        long bit = 1L << vector;
        long before;
        do {
            before = UnsafeApi.getLongVolatile(null, address + PENDING_OFFSET);
        } while (!UnsafeApi.compareAndSetLong(null, address + PENDING_OFFSET, before, before | bit));
        platform.point();
        UnsafeApi.getAndAddInt(null, address + DOORBELL_OFFSET, 1);
        platform.point();
        if ((idleWord() & STATE_MASK) != STATE_HALTED) {
            return false;
        }
        platform.wake(address + DOORBELL_OFFSET, 1);
        return true;
    }

    /** Whether any vector is pending. */
    public boolean hasPending() {
        return UnsafeApi.getLongVolatile(null, address + PENDING_OFFSET) != 0;
    }

    /** Whether a vector is pending: raised, and not yet taken. Any thread. */
    public boolean isPending(int vector) {
        return (UnsafeApi.getLongVolatile(null, address + PENDING_OFFSET) & 1L << vector) != 0;
    }

    /** Takes all pending vectors: the EOI of this APIC. Owner only. */
    public long takePending() {
        return hasPending() ? UnsafeApi.getAndSetLong(null, address + PENDING_OFFSET, 0) : 0;
    }

    /** State and hot lanes. */
    public long idleWord() {
        return UnsafeApi.getLongVolatile(null, address + IDLE_OFFSET);
    }

    /** Whether a CPU with this idle word polls the lane of a sender, so that no doorbell is needed. */
    public static boolean polls(long idleWord, int senderCpu) {
        long lane = senderCpu + 1L;
        return (idleWord >>> 16 & STATE_MASK) == lane || (idleWord >>> 32 & STATE_MASK) == lane
            || idleWord >>> 48 == lane;
    }

    /** The state that an idle word tells; none of STATE_* if it is damaged. */
    public static int state(long idleWord) {
        return (int) (idleWord & STATE_MASK);
    }

    /** The sender whose lane stands in a place of an idle word, 0 to HOT_LANES - 1; -1 for none. */
    public static int hotLane(long idleWord, int place) {
        return (int) (idleWord >>> 16 * (place + 1) & STATE_MASK) - 1;
    }

    /** The idle word that says: running, and these lanes (physical CPU id + 1, 0 for none) are polled. */
    public static long runningWord(int hot0, int hot1, int hot2) {
        return STATE_RUNNING | (long) hot0 << 16 | (long) hot1 << 32 | (long) hot2 << 48;
    }

    /** Announces a state, with a full fence behind it: look for work again after this. Owner only. */
    public void announce(long idleWord) {
        platform.point();
        UnsafeApi.putLongVolatile(null, address + IDLE_OFFSET, idleWord);
        /* A volatile store does not order the acquire loads that follow it; the look for work must come after. */
        VarHandle.fullFence();
    }

    /** The doorbell's value, to be read before the last look for work. Owner only. */
    public int doorbell() {
        return UnsafeApi.getIntVolatile(null, address + DOORBELL_OFFSET);
    }

    /**
     * Sleeps until the doorbell differs from the value read. The CPU has announced HALTED and found no work. Owner
     * only.
     *
     * @param timeoutNanos at most so long; 0 or less: without limit
     * @return whether the time ran out
     */
    public boolean halt(Futex futex, int doorbellSeen, long timeoutNanos) {
        return futex.await(address + DOORBELL_OFFSET, doorbellSeen, timeoutNanos) == -Errno.ETIMEDOUT;
    }

    /** Adds 1 to a counter. Owner only. */
    public void count(Counter counter) {
        count(counter, 1);
    }

    /** Adds to a counter. Owner only. */
    public void count(Counter counter, long amount) {
        long word = counterWord(counter);
        UnsafeApi.putLongRelease(null, word, UnsafeApi.getLong(word) + amount);
    }

    /** A counter's value. Any thread. */
    public long counter(Counter counter) {
        if (counter == Counter.ELIDED) {
            long rung = counter(Counter.RUNG);
            return counter(Counter.SENT) - rung;
        }
        return UnsafeApi.getLongAcquire(null, counterWord(counter));
    }

    /** Starts a life of this CPU: nothing pending, nothing counted. Only while no thread runs it. */
    public void reset() {
        UnsafeApi.putLong(null, address + PENDING_OFFSET, 0);
        for (Counter counter : COUNTERS) {
            UnsafeApi.putLong(counterWord(counter), 0);
        }
        UnsafeApi.putLong(address + HALTED_NANOS_OFFSET, 0);
        UnsafeApi.putLong(address + POLLED_NANOS_OFFSET, 0);
        consumedBefore(0);
        retire();
    }

    private static final Counter[] COUNTERS = Counter.values();

    private long counterWord(Counter counter) {
        return address + COUNTERS_OFFSET + counter.ordinal() * Long.BYTES;
    }
}
