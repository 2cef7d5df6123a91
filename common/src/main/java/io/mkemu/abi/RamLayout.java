// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * Where everything in a machine's RAM lies. A pure function of four numbers, so a process that maps a RAM file can
 * compute the layout anew and refuse a header that says otherwise.
 *
 * @param nrCpus   physical CPU ids are below this, 1..{@link #MAX_CPUS}
 * @param ipiSlots messages a lane of a queued mailbox holds, a power of two
 * @param hostSize bytes of the host kernel's memory, whole pages
 * @param poolSize bytes of the multikernel pool, whole pages
 */
public record RamLayout(int nrCpus, int ipiSlots, long hostSize, long poolSize) {
    /** NR_CPUS at the most. */
    public static final int MAX_CPUS = 1024;
    /** The host's memory and the pool together have fewer bytes: a page table of so much still fits one window. */
    public static final long MAX_BYTES = 127L << 30;
    /** Fewest messages of a lane. */
    public static final int MIN_SLOTS = 2;
    /** Most messages of a lane. */
    public static final int MAX_SLOTS = 16384;

    /** Refuses numbers outside their ranges, with the number in the message. */
    public RamLayout {
        check(nrCpus >= 1 && nrCpus <= MAX_CPUS, "nr_cpus", nrCpus, "1.." + MAX_CPUS);
        check(ipiSlots >= MIN_SLOTS && ipiSlots <= MAX_SLOTS && Integer.bitCount(ipiSlots) == 1, "ipi_slots", ipiSlots,
            "a power of two, " + MIN_SLOTS + ".." + MAX_SLOTS);
        check(hostSize > 0 && hostSize % Pages.PAGE_SIZE == 0 && hostSize < MAX_BYTES, "host size", hostSize,
            "whole pages below 127 GiB");
        check(poolSize >= 0 && poolSize % Pages.PAGE_SIZE == 0 && poolSize < MAX_BYTES - hostSize, "pool size",
            poolSize, "whole pages, below 127 GiB together with the host's " + hostSize);
    }

    private static void check(boolean good, String what, long value, String right) {
        if (!good) {
            throw new IllegalArgumentException(what + " " + value + " is not " + right);
        }
    }

    /** Local APICs begin here. */
    public long cpusAt() {
        return Pages.PAGE_SIZE;
    }

    /** Instance table begins here. */
    public long instancesAt() {
        return cpusAt() + Pages.align((long) nrCpus * LocalApicDescriptor.LENGTH);
    }

    /** Kernel log rings begin here. */
    public long logsAt() {
        return instancesAt() + (long) InstanceDescriptor.MAX_INSTANCES * InstanceDescriptor.LENGTH;
    }

    /** Trace rings begin here. */
    public long tracesAt() {
        return logsAt() + (long) InstanceDescriptor.MAX_INSTANCES * KernelLogDescriptor.LENGTH;
    }

    /** The trace ring of a physical CPU, as an offset in the tables. */
    public int traceRingAt(int physicalCpu) {
        return (int) tracesAt() + physicalCpu * TraceRingDescriptor.length(nrCpus);
    }

    /** Page table begins here. */
    public long pagesAt() {
        return tracesAt() + Pages.align((long) nrCpus * TraceRingDescriptor.length(nrCpus));
    }

    /** Bitmaps of the multikernel pool begin here. */
    public long poolMapAt() {
        return pagesAt() + Pages.align(Pages.pfn(hostSize + poolSize) * PageTableDescriptor.LENGTH);
    }

    /** Bytes of those bitmaps. */
    public long poolMapSize() {
        return Pages.align(BitmapPoolDescriptor.bytesFor(Math.max(poolSize, Pages.PAGE_SIZE), Pages.PAGE_SHIFT));
    }

    /** The host kernel's memory begins here. */
    public long hostAt() {
        return poolMapAt() + poolMapSize();
    }

    /** The multikernel pool begins here. */
    public long poolAt() {
        return hostAt() + hostSize;
    }

    /** Size of the RAM file. */
    public long ramSize() {
        return poolAt() + poolSize;
    }
}
