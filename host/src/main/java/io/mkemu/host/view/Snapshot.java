// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.TraceMode;
import java.util.List;
import java.util.Map;

/**
 * A machine at one moment, as its RAM alone tells it: what {@code mk top}, {@code mk web} and {@code mk metrics} show.
 * Nobody is asked and nothing is written, so a host that hangs or is dead is shown as well. The parts are read one
 * after the other while the kernels run: each number is true of some moment of the reading. Immutable.
 *
 * @param machine    name
 * @param state      running or dead, as {@link MachineSummary} has them
 * @param pid        process id of the host
 * @param takenNanos when it was read, CLOCK_MONOTONIC in ns
 * @param upNanos    how long before that the machine was made
 * @param ipi        mailbox of all instances
 * @param ipiSlots   messages that a lane of a queued mailbox holds
 * @param ramBytes   size of the RAM file
 * @param kernels    by ascending id, the host first
 * @param cpus       those that a kernel owns, by ascending physical id
 * @param lanes      those of queued mailboxes that have carried a message, by receiver, then sender
 * @param memory     the memory map as /proc/iomem nests it
 * @param shares     pages that a kernel may map and does not own, in runs of neighbours
 * @param trace      what is recorded
 * @param problems   words of shared memory that cannot be true, in a line each
 */
public record Snapshot(String machine, String state, long pid, long takenNanos, long upNanos, IpiMode ipi,
                       int ipiSlots, long ramBytes, List<Kernel> kernels, List<Cpu> cpus, List<Lane> lanes,
                       List<Region> memory, List<Share> shares, Trace trace, List<String> problems) {
    /**
     * A kernel.
     *
     * @param id           instance id, 0 is the host
     * @param name         name
     * @param state        state
     * @param life         number of its life
     * @param pid          process id as the instance itself sees it, 0 for none
     * @param reason       why it failed, or empty
     * @param cpus         physical ids of its CPUs
     * @param memoryBytes  of its pool
     * @param freeBytes    of that, not allocated
     * @param ipiArea      physical address of its IPI area, 0 for none
     * @param ipiAreaBytes size of that
     * @param cmdline      boot parameters
     * @param tasksStarted tasks that its modules started
     * @param tasksEnded   of those, ended
     * @param tasksFailed  of those, ended by an exception
     */
    public record Kernel(int id, String name, InstanceState state, long life, long pid, String reason,
                         List<Integer> cpus, long memoryBytes, long freeBytes, long ipiArea, long ipiAreaBytes,
                         String cmdline, int tasksStarted, int tasksEnded, int tasksFailed) {
    }

    /** What a CPU does at a moment. */
    public enum CpuState {
        /** No thread runs it. */
        OFFLINE,
        /** It executes or polls. */
        RUNNING,
        /** It sleeps in a futex. */
        HALTED
    }

    /**
     * A CPU.
     *
     * @param id           physical id
     * @param number       the number that the tree has for it
     * @param hostCpu      host CPU that its thread is pinned to, -1 for none
     * @param sharedCore   whether another CPU that runs has the same host CPU
     * @param kernel       id of its owner
     * @param state        what it does
     * @param haltedNanos  how long it has slept in this life, or the last one, up to now
     * @param pollingNanos how long it has polled in vain in that life
     * @param onlineNanos  how long this life has run; what is neither halted nor polling is busy; 0 while no thread
     *                     runs it, or its kernel does not tell
     * @param hotLanes     senders' physical ids whose lanes it announces that it polls
     * @param counters     all of them, of this life
     */
    public record Cpu(int id, int number, int hostCpu, boolean sharedCore, int kernel, CpuState state,
                      long haltedNanos, long pollingNanos, long onlineNanos, List<Integer> hotLanes,
                      Map<Counter, Long> counters) {
    }

    /**
     * A lane of a queued mailbox: from one CPU to another.
     *
     * @param from      physical id of the sender
     * @param to        physical id of the receiver
     * @param delivered messages consumed since the area was made
     * @param waiting   messages published and not consumed, at most the slots
     */
    public record Lane(int from, int to, long delivered, int waiting) {
    }

    /**
     * A piece of physical memory.
     *
     * @param name     as /proc/iomem has it
     * @param kind     what it is
     * @param start    first byte
     * @param end      last byte
     * @param kernel   id of its owner, -1 for none
     * @param children inside of it, by ascending address
     */
    public record Region(String name, RegionKind kind, long start, long end, int kernel, List<Region> children) {
    }

    /** What a piece of memory is. */
    public enum RegionKind { TABLES, HOST, POOL, INSTANCE_POOL, IPI_AREA, ALLOCATION, OTHER }

    /**
     * Neighbouring pages that are granted in the same way.
     *
     * @param owner  id of the kernel that owns them
     * @param to     id of the kernel that may map them
     * @param pfn    first page frame number
     * @param pages  how many
     * @param mapped whether that kernel has them mapped
     */
    public record Share(int owner, int to, long pfn, int pages, boolean mapped) {
    }

    /**
     * What the CPUs record.
     *
     * @param mode    off, ipi or all
     * @param slots   slots of all trace rings that were written since the machine was made; a record has one or more
     * @param lost    records that found no room in a ring since then
     */
    public record Trace(TraceMode mode, long slots, long lost) {
    }
}
