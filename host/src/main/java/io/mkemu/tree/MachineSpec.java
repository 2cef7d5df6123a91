// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.dts.DeviceTree;
import io.mkemu.dts.DeviceTreeException;
import io.mkemu.dts.Position;
import io.mkemu.dts.SourceFile;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A machine as a tree of the "multikernel-v1" binding describes it, checked. Immutable. Two are equal if they say the
 * same, wherever they say it.
 *
 * @param file        name of the source, for messages
 * @param cpus        CPUs of the multikernel pool, in source order: the numbers by which the tree names them
 * @param apicIds     the physical id of each of {@code cpus}, in the same order; empty where each is its own
 * @param memoryBytes size of the multikernel memory pool in bytes, a multiple of 4096
 * @param memoryBase  physical address the tree asks for; recorded only, the pool begins where the RAM layout puts it
 * @param host        what the tree says about the host
 * @param instances   the spawned instances in source order, possibly none
 * @param ipiSlots    slots of each queued mailbox, a power of two in 2..16384, if given
 * @param nrCpus      NR_CPUS, if given: physical ids are below it
 * @param ipi         the mailbox of all instances, queued if not given
 * @param ipiLog      whether the kernel logs have the RFC's own lines
 * @param kept        what else the tree says, of which nothing is made
 * @param places      where the values of the root node, its resources and its chosen node stand
 */
public record MachineSpec(String file, List<Integer> cpus, List<Integer> apicIds, long memoryBytes,
                          OptionalLong memoryBase, HostSpec host, List<InstanceSpec> instances,
                          OptionalInt ipiSlots, OptionalInt nrCpus, IpiMode ipi, boolean ipiLog, Kept kept,
                          Places places) {

    /** Physical CPU ids are below this. */
    public static final int MAX_CPUS = RamLayout.MAX_CPUS;

    /** The highest instance id; 0 is the host. */
    public static final int MAX_INSTANCE_ID = InstanceDescriptor.MAX_INSTANCES - 1;

    /** Memory is counted in pages of this many bytes. */
    public static final int PAGE_SIZE = Pages.PAGE_SIZE;

    /** Slots of a queued mailbox, in words: a power of two in this range. */
    public static final String SLOTS = "a power of two in " + RamLayout.MIN_SLOTS + ".." + RamLayout.MAX_SLOTS;

    public MachineSpec {
        cpus = List.copyOf(cpus);
        apicIds = apicIds.equals(cpus) ? List.of() : List.copyOf(apicIds);
        instances = List.copyOf(instances);
    }

    /** A machine in which each CPU's physical id is its number, without nr-cpus and ipi-log. */
    public MachineSpec(String file, List<Integer> cpus, long memoryBytes, OptionalLong memoryBase, HostSpec host,
                       List<InstanceSpec> instances, OptionalInt ipiSlots, IpiMode ipi, Places places) {
        this(file, cpus, List.of(), memoryBytes, memoryBase, host, instances, ipiSlots, OptionalInt.empty(), ipi,
                false, Kept.NONE, places);
    }

    /** A machine with queued mailboxes that was not read from a source. */
    public static MachineSpec of(List<Integer> cpus, long memoryBytes, HostSpec host, List<InstanceSpec> instances,
                                 OptionalInt ipiSlots) {
        return of(cpus, memoryBytes, host, instances, ipiSlots, IpiMode.QUEUED);
    }

    /** A machine that was not read from a source. Nothing is checked; writing and parsing it does. */
    public static MachineSpec of(List<Integer> cpus, long memoryBytes, HostSpec host, List<InstanceSpec> instances,
                                 OptionalInt ipiSlots, IpiMode ipi) {
        return new MachineSpec("", cpus, memoryBytes, OptionalLong.empty(), host, instances, ipiSlots, ipi,
                Places.NONE);
    }

    /**
     * Reads and checks a file, source or compiled; relative jar paths are resolved against its directory.
     *
     * @throws DeviceTreeException if the file cannot be read or used, with the first thing that is wrong
     */
    public static MachineSpec read(Path path) {
        Path directory = path.toAbsolutePath().normalize().getParent();
        return new MachineReader(path.toString(), directory).read(SourceFile.read(path));
    }

    /**
     * Reads and checks a stream, source or compiled; relative jar paths are resolved against the working directory.
     *
     * @param name of the stream, for messages
     * @throws DeviceTreeException with the first thing that is wrong
     * @throws IOException         if it cannot be read
     */
    public static MachineSpec read(String name, InputStream in) throws IOException {
        return new MachineReader(name, Path.of("")).read(SourceFile.read(name, in));
    }

    /**
     * Parses and checks a source.
     *
     * @param file    name of the source, for messages
     * @param source  its text
     * @param baseDir directory that relative jar paths are resolved against
     * @throws DeviceTreeException with the first thing that is wrong
     */
    public static MachineSpec parse(String file, String source, Path baseDir) {
        return new MachineReader(file, baseDir).read(DeviceTree.parseTree(file, source));
    }

    /**
     * Parses and checks a file's bytes, source or compiled.
     *
     * @param file    name of the file, for messages
     * @param bytes   all of it
     * @param baseDir directory that relative jar paths are resolved against
     * @throws DeviceTreeException with the first thing that is wrong
     */
    public static MachineSpec parse(String file, byte[] bytes, Path baseDir) {
        return new MachineReader(file, baseDir).read(SourceFile.parse(file, bytes));
    }

    /**
     * The number of the CPU the host runs on: what the tree says or, if it says nothing, the lowest of the pool that no
     * instance claims or, if all are claimed, the lowest that is neither in the pool nor the physical id of a CPU of
     * the pool.
     *
     * @throws IllegalStateException if all 1024 CPUs are claimed, which parsing refuses
     */
    public int hostCpu() {
        return host.cpu().orElseGet(this::lowestFreeCpu);
    }

    private int lowestFreeCpu() {
        Set<Integer> claimed = instances.stream().flatMap(i -> i.cpus().stream()).collect(Collectors.toSet());
        return cpus.stream().mapToInt(Integer::intValue).filter(cpu -> !claimed.contains(cpu)).min()
                .orElseGet(() -> IntStream.range(0, MAX_CPUS)
                        .filter(cpu -> !cpus.contains(cpu) && !apicIds.contains(cpu)).findFirst()
                        .orElseThrow(() -> new IllegalStateException("all " + MAX_CPUS
                                + " CPUs are claimed by instances, none is left for the host")));
    }

    /** The physical id of a CPU: what its local APIC answers to. */
    public int apicId(int cpu) {
        int index = apicIds.isEmpty() ? -1 : cpus.indexOf(cpu);
        return index < 0 ? cpu : apicIds.get(index);
    }

    /** The same machine with these physical ids, one for each CPU of the pool. */
    public MachineSpec withApicIds(List<Integer> ids) {
        return new MachineSpec(file, cpus, ids, memoryBytes, memoryBase, host, instances, ipiSlots, nrCpus, ipi,
                ipiLog, kept, places);
    }

    /** The same machine with other instances, and a host on this CPU. */
    public MachineSpec withInstances(List<InstanceSpec> others, int hostCpu) {
        Kept now = kept.of(others.stream().map(InstanceSpec::name).collect(Collectors.toSet()));
        HostSpec anywhere = new HostSpec(host.bootargs(), host.modules());
        MachineSpec changed = new MachineSpec(file, cpus, apicIds, memoryBytes, memoryBase, anywhere, others, ipiSlots,
                nrCpus, ipi, ipiLog, now, places);
        HostSpec there = new HostSpec(host.bootargs(), host.modules(), OptionalInt.of(hostCpu));
        return changed.hostCpu() == hostCpu ? changed : new MachineSpec(file, cpus, apicIds, memoryBytes, memoryBase,
                there, others, ipiSlots, nrCpus, ipi, ipiLog, now, places);
    }

    /** The same machine with another mailbox. */
    public MachineSpec withIpi(IpiMode other) {
        return new MachineSpec(file, cpus, apicIds, memoryBytes, memoryBase, host, instances, ipiSlots, nrCpus, other,
                ipiLog, kept, places);
    }

    /** The same machine with lanes of so many slots. */
    public MachineSpec withIpiSlots(int slots) {
        return new MachineSpec(file, cpus, apicIds, memoryBytes, memoryBase, host, instances, OptionalInt.of(slots),
                nrCpus, ipi, ipiLog, kept, places);
    }

    /**
     * The same machine with a fraction of the memory: pool and instances have as many whole pages of it, at least one.
     *
     * @param numerator   1 or more
     * @param denominator at least the numerator
     */
    public MachineSpec scaled(long numerator, long denominator) {
        return new MachineSpec(file, cpus, apicIds, scaled(memoryBytes, numerator, denominator), memoryBase, host,
                instances.stream().map(instance -> instance.withResources(instance.cpus(),
                        scaled(instance.memoryBytes(), numerator, denominator))).toList(),
                ipiSlots, nrCpus, ipi, ipiLog, kept, places);
    }

    private static long scaled(long bytes, long numerator, long denominator) {
        long pages = BigInteger.valueOf(bytes / PAGE_SIZE).multiply(BigInteger.valueOf(numerator))
                .divide(BigInteger.valueOf(denominator)).longValueExact();
        return Math.max(1, pages) * PAGE_SIZE;
    }

    /** Whether a queued mailbox may have so many slots. */
    public static boolean isSlots(long slots) {
        return slots >= RamLayout.MIN_SLOTS && slots <= RamLayout.MAX_SLOTS && Long.bitCount(slots) == 1;
    }

    /** An error of a later check at one of this machine's places. */
    public DeviceTreeException error(Position position, String text) {
        return new DeviceTreeException(file, position, text);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MachineSpec that && cpus.equals(that.cpus)
                && apicIds.equals(that.apicIds) && memoryBytes == that.memoryBytes
                && memoryBase.equals(that.memoryBase) && host.equals(that.host) && instances.equals(that.instances)
                && ipiSlots.equals(that.ipiSlots) && nrCpus.equals(that.nrCpus) && ipi == that.ipi
                && ipiLog == that.ipiLog && kept.equals(that.kept);
    }

    @Override
    public int hashCode() {
        return Objects.hash(cpus, apicIds, memoryBytes, memoryBase, host, instances, ipiSlots, nrCpus,
                ipi, ipiLog, kept);
    }
}
