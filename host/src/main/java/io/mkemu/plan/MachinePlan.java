// SPDX-License-Identifier: Apache-2.0
package io.mkemu.plan;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.abi.TraceMode;
import io.mkemu.boot.BootParameters;
import io.mkemu.boot.HostClock;
import io.mkemu.boot.ModulePath;
import io.mkemu.dts.Position;
import io.mkemu.ipi.Interconnect;
import io.mkemu.ipi.SendProbe;
import io.mkemu.kernel.KernelParameter;
import io.mkemu.kernel.ModuleLoader;
import io.mkemu.memory.InstancePool;
import io.mkemu.os.Affinity;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.MachineSpec;
import io.mkemu.tree.Places;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A tree, checked against what the machine needs, before anything is made: what fits, which CPU runs where, whether the
 * modules are there.
 *
 * @param spec    the tree
 * @param layout  of the RAM
 * @param hostCpu CPU of the host: its number, which is its physical id unless the tree has apic-ids
 * @param cpus    where the CPUs run
 * @param journal what is recorded, or null
 */
public record MachinePlan(MachineSpec spec, RamLayout layout, int hostCpu, CpuPlan cpus, JournalOptions journal) {
    /** Memory that the host's own modules can allocate. */
    private static final long HOST_FREE_BYTES = 4L << 20;
    private static final int DEFAULT_SLOTS = 64;
    /* The part of an instance's memory that blocks for CPUs which it has not yet may take is one of so many. */
    private static final int AREA_SHARE = 8;
    private static final int LEAST_DEFAULT_SLOTS = 16;
    /**
     * The slots of all lanes into one CPU stay at about this many, so that many CPUs do not eat up an instance's
     * pool.
     */
    private static final int SLOTS_PER_CPU = 1024;

    /**
     * Plans a machine.
     *
     * @throws io.mkemu.dts.DeviceTreeException with file, line and column of the value that does not fit
     */
    public static MachinePlan of(MachineSpec spec) {
        int hostCpu = spec.hostCpu();
        Map<Integer, Integer> numbers = new HashMap<>(Map.of(spec.apicId(hostCpu), hostCpu));
        spec.instances().forEach(instance -> instance.cpus().forEach(cpu -> numbers.put(spec.apicId(cpu), cpu)));
        int least = 1 + IntStream.concat(IntStream.of(hostCpu),
            spec.cpus().stream().flatMapToInt(cpu -> IntStream.of(cpu, spec.apicId(cpu)))).max().orElse(0);
        int nrCpus = spec.nrCpus().orElse(least);
        if (nrCpus < least) {
            throw spec.error(spec.places().of("nr-cpus"), "nr-cpus " + nrCpus + " is not above every physical id: CPU "
                + (least - 1) + " needs at least " + least);
        }
        if (spec.ipiLog() && spec.ipi() == IpiMode.QUEUED) {
            throw spec.error(spec.places().of("ipi-log"), "ipi-log = \"rfc\" is for the RFC's mailbox: write ipi = "
                + "\"single-slot\", use --ipi single-slot, or remove ipi-log");
        }
        int slots = spec.ipiSlots().orElse(defaultSlots(nrCpus));
        long needed = areaLength(spec.ipi(), new RamLayout(nrCpus, slots, Pages.PAGE_SIZE, 0), 1) + HOST_FREE_BYTES;
        long hostSize = needed + InstancePool.overhead(needed);
        if (spec.memoryBytes() >= RamLayout.MAX_BYTES - hostSize) {
            throw spec.error(spec.places().of("memory-bytes"), "memory-bytes " + spec.memoryBytes()
                + " is more than a machine can have: stay below 0x" + Long.toHexString(RamLayout.MAX_BYTES - hostSize)
                + ", or scale the tree by --scale-memory 1/"
                + 2 * Long.highestOneBit(spec.memoryBytes() / (RamLayout.MAX_BYTES - hostSize)));
        }
        MachinePlan plan = new MachinePlan(spec, new RamLayout(nrCpus, slots, hostSize, spec.memoryBytes()), hostCpu,
            place(spec, hostCpu, numbers), null);
        if (RealTimePolling.polls(spec.host().bootargs())) {
            List<Integer> host = List.of(spec.apicId(hostCpu));
            RealTimePolling.require(plan.cpus.only(host), host);
        }
        plan.checkHost();
        plan.checkKernel(spec.host().bootargs(), spec.host().modules(), spec.places());
        spec.instances().forEach(plan::checkInstance);
        return plan;
    }

    private static CpuPlan place(MachineSpec spec, int hostCpu, Map<Integer, Integer> numbers) {
        Map<Boolean, List<Integer>> instances = spec.instances().stream().collect(Collectors.partitioningBy(
            InstanceSpec::external, Collectors.flatMapping(instance -> instance.cpus().stream().map(spec::apicId),
                Collectors.toList())));
        List<Integer> own = new ArrayList<>(instances.get(false));
        own.add(spec.apicId(hostCpu));
        return CpuPlan.of(own, numbers, Affinity.allowed()).with(instances.get(true), numbers, Affinity.online());
    }

    /**
     * The same, recorded as these options say, or not if they are null.
     *
     * @throws io.mkemu.dts.DeviceTreeException if the host's command line wants something recorded and there is no
     *                                              journal for it
     */
    public MachinePlan recorded(JournalOptions options) {
        BootParameters host = BootParameters.parse(spec.host().bootargs());
        String trace = KernelParameter.TRACE.parameter();
        TraceMode asked = host.has(trace) ? TraceMode.of(host.get(trace)) : null;
        if (options == null && asked != null && asked != TraceMode.OFF) {
            throw spec.error(spec.places().of("bootargs"), "trace=" + asked.label()
                + " needs a journal: say where it is to be with --journal DIR");
        }
        JournalOptions known = options == null || options.mode() != null ? options
            : new JournalOptions(options.directory(), options.limits(), asked == null ? TraceMode.IPI : asked);
        return new MachinePlan(spec, layout, hostCpu, cpus, known);
    }

    private static long areaLength(IpiMode ipi, RamLayout layout, int cpus) {
        return Interconnect.areaLength(ipi, layout, cpus);
    }

    /**
     * How many CPUs an instance may have at once: as many as the pool has for instances, as long as its IPI area, which
     * has a block for each, stays within an eighth of its memory.
     *
     * @param cpus        that it has; the answer is not below that
     * @param memoryBytes of its pool
     */
    public int possibleCpus(int cpus, long memoryBytes) {
        long most = Math.min(memoryBytes / AREA_SHARE, Integer.MAX_VALUE);
        int possible = Math.max(cpus, spec.cpus().contains(hostCpu) ? spec.cpus().size() - 1 : spec.cpus().size());
        while (possible > cpus && areaLength(spec.ipi(), layout, possible) > most) {
            possible--;
        }
        return possible;
    }

    private static int defaultSlots(int nrCpus) {
        int slots = Integer.highestOneBit(SLOTS_PER_CPU / nrCpus);
        return Math.clamp(slots, LEAST_DEFAULT_SLOTS, DEFAULT_SLOTS);
    }

    private void checkHost() {
        if (BootParameters.parse(spec.host().bootargs()).has(KernelParameter.KERNEL.parameter())) {
            throw spec.error(spec.places().of("bootargs"), "kernel= is for instances: the host's own kernel runs in "
                + "the host's JVM, with modules of both kinds; take it out");
        }
        if (BootParameters.parse(spec.host().bootargs()).has(SendProbe.PARAMETER)) {
            throw spec.error(spec.places().of("bootargs"), SendProbe.PARAMETER
                + "= would stop the host and with it the whole machine; give it to an instance");
        }
    }

    /**
     * Checks what an instance asks for against this machine's layout, and whether its modules are there.
     *
     * @throws io.mkemu.dts.DeviceTreeException with what does not fit
     */
    public void checkInstance(InstanceSpec instance) {
        long area = areaLength(spec.ipi(), layout, instance.cpus().size());
        Position place = instance.places().of("memory-bytes");
        if (area > Integer.MAX_VALUE) {
            throw spec.error(place, "instance " + instance.name() + " needs an IPI area of " + area
                + " bytes, more than a window can map: give it fewer CPUs, or set mkemu,ipi-slots below "
                + layout.ipiSlots());
        }
        long need = Pages.align(area + Pages.PAGE_SIZE + InstancePool.overhead(instance.memoryBytes()));
        if (instance.memoryBytes() < need) {
            throw spec.error(place, "memory-bytes " + instance.memoryBytes() + " of instance " + instance.name()
                + " cannot hold its IPI area (" + instance.cpus().size() + " CPUs x " + layout.nrCpus() + " lanes x "
                + layout.ipiSlots() + " slots): give it at least 0x" + Long.toHexString(need)
                + ", or set mkemu,ipi-slots lower");
        }
        checkKernel(instance.bootargs(), instance.modules(), instance.places());
        checkNative(instance);
        checkJvmOptions(instance);
        if (BootParameters.parse(instance.bootargs()).has(KernelParameter.TRACE.parameter())) {
            throw spec.error(instance.places().of("bootargs"), "trace= is for the whole machine: put it on the host's "
                + "command line, or use --trace, or mk trace set while it runs");
        }
    }

    private void checkNative(InstanceSpec instance) {
        if (!"native".equals(BootParameters.parse(instance.bootargs()).get(KernelParameter.KERNEL.parameter()))) {
            return;
        }
        Position place = instance.places().of("bootargs");
        for (String module : instance.modules()) {
            if (!ModulePath.isSharedObject(module)) {
                throw spec.error(place, "kernel=native runs modules in C (.so) only, and \"" + module
                    + "\" is in Java: use kernel=jvm, or leave kernel= out");
            }
        }
    }

    private void checkJvmOptions(InstanceSpec instance) {
        if (instance.jvmOptions().isEmpty()) {
            return;
        }
        Position place = instance.places().of("mkemu,jvm-options");
        String problem = JvmOptions.problem(instance.jvmOptions());
        if (problem != null) {
            throw spec.error(place, problem);
        }
        String kernel = BootParameters.parse(instance.bootargs()).get(KernelParameter.KERNEL.parameter());
        boolean isJvm = kernel == null ? instance.modules().isEmpty()
            || !instance.modules().stream().allMatch(ModulePath::isSharedObject) : kernel.equals("jvm");
        if (!isJvm || instance.external()) {
            throw spec.error(place, "mkemu,jvm-options is for a JVM that mkemu starts, and instance " + instance.name()
                + (instance.external() ? " is external: give the options to whatever starts its JVM"
                : " boots the native kernel: " + (kernel == null ? "add kernel=jvm to its bootargs" : "use kernel=jvm"))
                + ", or remove mkemu,jvm-options (mk load --jvm-options \"\")");
        }
    }

    private void checkKernel(String bootargs, List<String> modules, Places places) {
        Position place = places.of("bootargs");
        int most = InstanceDescriptor.CMDLINE_LENGTH - 65 - HostClock.parameter().length();
        if (bootargs.getBytes(StandardCharsets.UTF_8).length > most) {
            throw spec.error(place, "bootargs are longer than " + most + " bytes");
        }
        try {
            KernelParameter.checkGiven(BootParameters.parse(bootargs));
        } catch (IllegalArgumentException wrong) {
            throw spec.error(place, wrong.getMessage());
        }
        for (int index = 0; index < modules.size(); index++) {
            String problem = ModuleLoader.problem(modules.get(index));
            if (problem != null) {
                throw spec.error(places.of("mkemu,modules", index),
                    "module \"" + modules.get(index) + "\" " + problem);
            }
        }
    }
}
