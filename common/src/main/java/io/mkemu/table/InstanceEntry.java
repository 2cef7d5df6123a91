// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import static io.mkemu.abi.InstanceDescriptor.*;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.RamLayout;
import io.mkemu.memory.Region;
import io.mkemu.os.Futex;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One instance's entry of the instance table. The host writes what it reserves; the instance writes what it becomes.
 * Every value may be garbage: whoever uses an address or a count checks it first. Thread-safe.
 */
public final class InstanceEntry {
    /** The process has not said what it exits with. */
    public static final int NO_EXIT_CODE = -1;
    private static final long STATE_MASK = (1L << STATE_BITS) - 1;

    private final UnsafeBuffer table;
    private final int base;
    /* Of the first byte, in this process; checked here for what each send reads. */
    private final long address;
    private final int id;
    private final int nrCpus;
    private final long ramSize;
    private final TypeNames typeNames;
    private final ResourceRequest resources;

    InstanceEntry(UnsafeBuffer table, int base, int id, RamLayout layout) {
        table.boundsCheck(base, LENGTH);
        this.table = table;
        this.base = base;
        this.address = table.addressOffset() + base;
        this.id = id;
        this.nrCpus = layout.nrCpus();
        this.ramSize = layout.ramSize();
        this.typeNames = new TypeNames(table, base + TYPE_NAMES_OFFSET, this::life);
        this.resources = new ResourceRequest(table, base + RESOURCE_OFFSET);
    }

    /** Id, 0..255; 0 is the host. */
    public int id() {
        return id;
    }

    /** Life and state as one word; it changes whenever either does. */
    public long lifeWord() {
        return UnsafeApi.getLongVolatile(null, address + LIFE_OFFSET);
    }

    /** The state in a life word. */
    public static InstanceState stateOf(long lifeWord) {
        return InstanceState.of((int) (lifeWord & STATE_MASK));
    }

    /** The life that a life word holds. */
    public static long lifeOf(long lifeWord) {
        return lifeWord >>> STATE_BITS;
    }

    /** The state. */
    public InstanceState state() {
        return stateOf(lifeWord());
    }

    /** The number of the life, mk_life; 0 before the first. No message of an earlier life reaches a later one. */
    public long life() {
        return lifeOf(lifeWord());
    }

    /** Enters a state, keeping the life. What the state promises must have been written before. */
    public void enter(InstanceState state) {
        table.putLongVolatile(base + LIFE_OFFSET, life() << STATE_BITS | state.ordinal());
    }

    /**
     * Enters a state if nobody else changed the state meanwhile.
     *
     * @return whether it did
     */
    public boolean enter(InstanceState expected, InstanceState state) {
        long word = lifeWord();
        return stateOf(word) == expected
            && table.compareAndSetLong(base + LIFE_OFFSET, word, word & ~STATE_MASK | state.ordinal());
    }

    /** Begins a new life, in the state given. */
    public void newLife(InstanceState state) {
        table.putLongVolatile(base + LIFE_OFFSET, life() + 1 << STATE_BITS | state.ordinal());
    }

    /** Physical address of the IPI area, 0 for none. */
    public long ipiArea() {
        return UnsafeApi.getLongVolatile(null, address + IPI_AREA_OFFSET);
    }

    /** Bytes of the IPI area. */
    public long ipiAreaSize() {
        return table.getLongVolatile(base + IPI_AREA_SIZE_OFFSET);
    }

    /** Publishes the IPI area, or with address 0 unpublishes it. */
    public void ipiArea(long address, long size) {
        table.putLong(base + IPI_AREA_SIZE_OFFSET, size);
        table.putLongVolatile(base + IPI_AREA_OFFSET, address);
    }

    /** Name. */
    public String name() {
        return text(NAME_OFFSET, NAME_LENGTH);
    }

    /** Sets the name. */
    public void name(String name) {
        text(NAME_OFFSET, NAME_LENGTH, name);
    }

    /** Physical CPUs, in ascending order; ids beyond the machine's NR_CPUS are left out. */
    public int[] cpus() {
        long[] words = new long[CPU_SET_WORDS];
        for (int word = 0; word < CPU_SET_WORDS; word++) {
            words[word] = table.getLongVolatile(base + CPU_SET_OFFSET + word * Long.BYTES);
        }
        return BitSet.valueOf(words).stream().filter(cpu -> cpu < nrCpus).toArray();
    }

    /** The lowest of {@link #cpus}, or -1 if there is none. Allocates nothing. */
    public int bootCpu() {
        for (int word = 0; word < CPU_SET_WORDS; word++) {
            long cpus = table.getLongVolatile(base + CPU_SET_OFFSET + word * Long.BYTES);
            if (cpus != 0) {
                int cpu = word * Long.SIZE + Long.numberOfTrailingZeros(cpus);
                return cpu < nrCpus ? cpu : -1;
            }
        }
        return -1;
    }

    /**
     * How many CPUs it may have at once in this life, and blocks a queued IPI area of it has. May be garbage; never
     * negative.
     */
    public int possibleCpus() {
        int possible = table.getIntVolatile(base + POSSIBLE_CPUS_OFFSET);
        return possible == 0 ? cpus().length : possible & Integer.MAX_VALUE;
    }

    /** Says how many CPUs it may have at once; 0: those that it has. Host only, before the IPI area is published. */
    public void possibleCpus(int possible) {
        table.putIntVolatile(base + POSSIBLE_CPUS_OFFSET, possible);
    }

    /**
     * Changes with the CPU set, after it. Who keeps a copy of the set reads this one before it: a copy whose generation
     * is not this one may be an old one.
     */
    public int cpuGeneration() {
        return UnsafeApi.getIntVolatile(null, address + CPU_GENERATION_OFFSET);
    }

    /** Adds a physical CPU whose kernel runs it, or takes one out: senders that look again know from here on. */
    public void cpu(int physicalCpu, boolean has) {
        int word = base + CPU_SET_OFFSET + physicalCpu / Long.SIZE * Long.BYTES;
        long bit = 1L << physicalCpu % Long.SIZE;
        long before = table.getLong(word);
        table.putLongVolatile(word, has ? before | bit : before & ~bit);
        changed(cpus().length);
    }

    private void changed(int count) {
        table.putIntVolatile(base + CPU_COUNT_OFFSET, count);
        table.putIntVolatile(base + CPU_GENERATION_OFFSET, cpuGeneration() + 1);
    }

    /** Sets the physical CPUs. */
    public void cpus(int[] cpus) {
        BitSet set = new BitSet();
        for (int cpu : cpus) {
            set.set(cpu);
        }
        long[] words = set.toLongArray();
        for (int word = 0; word < CPU_SET_WORDS; word++) {
            table.putLong(base + CPU_SET_OFFSET + word * Long.BYTES, word < words.length ? words[word] : 0);
        }
        changed(set.cardinality());
    }

    /** Regions of the instance pool, in the order they were allocated; what cannot lie in RAM is left out. */
    public List<Region> regions() {
        List<Region> regions = new ArrayList<>(MAX_REGIONS);
        for (int index = 0; index < MAX_REGIONS; index++) {
            int at = base + REGIONS_OFFSET + index * REGION_LENGTH;
            Region region = new Region(table.getLongVolatile(at), table.getLongVolatile(at + Long.BYTES));
            /* Once more: the place may have got another one between both. */
            if (region.liesIn(ramSize) && table.getLongVolatile(at) == region.address()) {
                regions.add(region);
            }
        }
        return regions;
    }

    /**
     * Adds a region, in a free place: whoever reads meanwhile sees it whole or not at all. Host only.
     *
     * @return false if there are {@link InstanceDescriptor#MAX_REGIONS} already
     */
    public boolean addRegion(Region region) {
        for (int index = 0; index < MAX_REGIONS; index++) {
            int at = base + REGIONS_OFFSET + index * REGION_LENGTH;
            if (table.getLongVolatile(at + Long.BYTES) == 0) {
                table.putLongVolatile(at, region.address());
                table.putLongVolatile(at + Long.BYTES, region.size());
                return true;
            }
        }
        return false;
    }

    /** Takes a region away; the others stay where they are. Host only. */
    public void removeRegion(Region region) {
        for (int index = 0; index < MAX_REGIONS; index++) {
            int at = base + REGIONS_OFFSET + index * REGION_LENGTH;
            if (table.getLongVolatile(at) == region.address()) {
                table.putLongVolatile(at + Long.BYTES, 0);
                table.putLongVolatile(at, 0);
            }
        }
    }

    /** Whether there is a region that cannot lie in RAM, so that {@link #regions} leaves it out. */
    public boolean hasDamagedRegion() {
        for (int index = 0; index < MAX_REGIONS; index++) {
            int at = base + REGIONS_OFFSET + index * REGION_LENGTH;
            Region region = new Region(table.getLongVolatile(at), table.getLongVolatile(at + Long.BYTES));
            if (region.size() != 0 && !region.liesIn(ramSize)) {
                return true;
            }
        }
        return false;
    }

    /** Sets the regions, at most {@link InstanceDescriptor#MAX_REGIONS}. */
    public void regions(List<Region> regions) {
        for (int index = 0; index < MAX_REGIONS; index++) {
            int at = base + REGIONS_OFFSET + index * REGION_LENGTH;
            Region region = index < regions.size() ? regions.get(index) : new Region(0, 0);
            table.putLong(at, region.address());
            table.putLongVolatile(at + Long.BYTES, region.size());
        }
    }

    /** What the host asks for: one of the requests of {@link InstanceDescriptor}. */
    public int requested() {
        return table.getIntVolatile(base + REQUESTED_OFFSET);
    }

    /** The host asks, and wakes whoever waits for that. */
    public void requested(int request) {
        table.putIntVolatile(base + REQUESTED_OFFSET, request);
        Futex.wake(table.addressOffset() + base + REQUESTED_OFFSET, Integer.MAX_VALUE);
    }

    /** Sleeps until the request may differ from the one read. */
    public void awaitRequest(Futex futex, int seen) {
        futex.await(table.addressOffset() + base + REQUESTED_OFFSET, seen, 0);
    }

    /** What the process said it will exit with; {@link #NO_EXIT_CODE} before it said anything. */
    public int exitCode() {
        return table.getIntVolatile(base + EXIT_CODE_OFFSET);
    }

    /** Says what the process will exit with: its last word, 0 after an orderly shutdown. */
    public void exitCode(int code) {
        table.putIntVolatile(base + EXIT_CODE_OFFSET, code);
    }

    /** Process id as the instance itself sees it; for people only, life is a lock. */
    public long pid() {
        return table.getLongVolatile(base + PID_OFFSET);
    }

    /** Sets the process id. */
    public void pid(long pid) {
        table.putLongVolatile(base + PID_OFFSET, pid);
    }

    /** When a boot step was reached, CLOCK_MONOTONIC in ns; 0 if it was not. */
    public long bootStep(BootStep step) {
        return table.getLongVolatile(base + BOOT_STEPS_OFFSET + step.ordinal() * Long.BYTES);
    }

    /** Forgets what a former life wrote about itself: steps, tasks, type names, and how it ended. Host only. */
    public void forgetLife() {
        for (BootStep step : BootStep.values()) {
            bootStep(step, 0);
        }
        for (int counter : new int[] {TASKS_STARTED_OFFSET, TASKS_ENDED_OFFSET, TASKS_FAILED_OFFSET}) {
            table.putIntVolatile(base + counter, 0);
        }
        pid(0);
        exitCode(NO_EXIT_CODE);
        reason("");
        typeNames.clear();
        resources.forget();
    }

    /** Records that a boot step was reached. */
    public void bootStep(BootStep step, long nanos) {
        table.putLongVolatile(base + BOOT_STEPS_OFFSET + step.ordinal() * Long.BYTES, nanos);
    }

    /** Tasks started by this life's modules. */
    public int tasksStarted() {
        return table.getIntVolatile(base + TASKS_STARTED_OFFSET);
    }

    /** Tasks that ended. */
    public int tasksEnded() {
        return table.getIntVolatile(base + TASKS_ENDED_OFFSET);
    }

    /** Tasks that ended by an exception, and modules whose init threw. */
    public int tasksFailed() {
        return table.getIntVolatile(base + TASKS_FAILED_OFFSET);
    }

    /** Adds 1 to one of the task counters. */
    public void countTask(int counterOffset) {
        table.getAndAddInt(base + counterOffset, 1);
    }

    /** Why the instance failed; empty if it did not. */
    public String reason() {
        return text(REASON_OFFSET, REASON_LENGTH);
    }

    /** Says why. */
    public void reason(String reason) {
        text(REASON_OFFSET, REASON_LENGTH, reason);
    }

    /** Names that this life's modules gave to types. */
    public TypeNames typeNames() {
        return typeNames;
    }

    /** What the host asks about CPUs and memory while the kernel runs. */
    public ResourceRequest resources() {
        return resources;
    }

    /** Boot parameters. */
    public String cmdline() {
        return text(CMDLINE_OFFSET, CMDLINE_LENGTH);
    }

    /** Sets the boot parameters. */
    public void cmdline(String cmdline) {
        text(CMDLINE_OFFSET, CMDLINE_LENGTH, cmdline);
    }

    private String text(int offset, int length) {
        return FixedText.get(table, base + offset, length);
    }

    private void text(int offset, int length, String value) {
        FixedText.put(table, base + offset, length, value);
    }
}
