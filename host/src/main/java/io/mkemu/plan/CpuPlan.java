// SPDX-License-Identifier: Apache-2.0
package io.mkemu.plan;

import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which host CPU runs which physical CPU of the machine. A CPU gets the host CPU of its own number where its kernel's
 * process may use that one; the others are dealt out in turn, to the host CPUs with the fewest. What a process may use
 * is what this one may for this one and its children, and for others what they say, or every CPU there is: they look
 * themselves, when they pin.
 *
 * @param hostCpus physical CPU id to host CPU; negative for one that is pinned to none
 */
public record CpuPlan(Map<Integer, Integer> hostCpus) {
    /** Copies. */
    public CpuPlan {
        hostCpus = Map.copyOf(hostCpus);
    }

    /**
     * Plans for CPUs whose numbers are their physical ids.
     *
     * @param physical CPUs that somebody owns
     * @param allowed  host CPUs this process may use, at least one
     */
    public static CpuPlan of(Collection<Integer> physical, BitSet allowed) {
        return of(physical, physical.stream().distinct().collect(Collectors.toMap(cpu -> cpu, cpu -> cpu)), allowed);
    }

    /**
     * Plans.
     *
     * @param physical CPUs that somebody owns
     * @param numbers  the number of each of them, by its physical id
     * @param allowed  host CPUs this process may use, at least one
     */
    public static CpuPlan of(Collection<Integer> physical, Map<Integer, Integer> numbers, BitSet allowed) {
        return new CpuPlan(Map.of()).with(physical, numbers, allowed);
    }

    /**
     * The plan with further CPUs; where the others run does not change.
     *
     * @param physical CPUs; those that the plan has already stay where they are, unless these host CPUs want it
     *                 otherwise
     * @param numbers  the number of each of them, by its physical id
     * @param allowed  host CPUs that they may use, at least one
     */
    public CpuPlan with(Collection<Integer> physical, Map<Integer, Integer> numbers, BitSet allowed) {
        SortedSet<Integer> ascending = new TreeSet<>(physical);
        ascending.removeIf(cpu -> hostCpus.containsKey(cpu) && fits(hostCpu(cpu), numbers.get(cpu), allowed));
        Map<Integer, Integer> plan = new LinkedHashMap<>(hostCpus);
        plan.keySet().removeAll(ascending);
        Map<Integer, Integer> load = new TreeMap<>();
        allowed.stream().forEach(host -> load.put(host, 0));
        plan.values().forEach(host -> load.computeIfPresent(host, (same, count) -> count + 1));
        for (int cpu : ascending) {
            int number = numbers.get(cpu);
            if (allowed.get(number)) {
                plan.put(cpu, number);
                load.merge(number, 1, Integer::sum);
            }
        }
        for (int cpu : ascending) {
            if (!allowed.get(numbers.get(cpu))) {
                int host = load.entrySet().stream().min(Map.Entry.comparingByValue()).orElseThrow().getKey();
                plan.put(cpu, host);
                load.merge(host, 1, Integer::sum);
            }
        }
        return new CpuPlan(plan);
    }

    /** Whether a CPU of this number could be where it is if it were planned now. */
    private static boolean fits(int host, int number, BitSet allowed) {
        return allowed.get(number) ? host == number : allowed.get(host);
    }

    /** The plan without these CPUs. */
    public CpuPlan without(Collection<Integer> physical) {
        Map<Integer, Integer> plan = new LinkedHashMap<>(hostCpus);
        plan.keySet().removeAll(physical);
        return new CpuPlan(plan);
    }

    /** The plan of these CPUs alone. */
    public CpuPlan only(Collection<Integer> physical) {
        Map<Integer, Integer> plan = new LinkedHashMap<>(hostCpus);
        plan.keySet().retainAll(physical);
        return new CpuPlan(plan);
    }

    /**
     * What became of the plan: somebody has moved CPUs.
     *
     * @param now where they are, by physical id; negative for one that is pinned to no host CPU
     */
    public CpuPlan moved(Map<Integer, Integer> now) {
        Map<Integer, Integer> plan = new LinkedHashMap<>(hostCpus);
        now.forEach((cpu, host) -> plan.computeIfPresent(cpu, (same, planned) -> host));
        return new CpuPlan(plan);
    }

    /** The host CPU of a physical CPU. */
    public int hostCpu(int physicalCpu) {
        return hostCpus.get(physicalCpu);
    }

    /** Whether another physical CPU has the same host CPU, or may have it: this one is pinned to none. */
    public boolean isShared(int physicalCpu) {
        int host = hostCpu(physicalCpu);
        return host < 0 || hostCpus.values().stream().filter(other -> other == host).count() > 1;
    }

    /** One line that says which CPUs share a host CPU, or null if none do. */
    public String overcommitment() {
        TreeMap<Integer, List<Integer>> shared = hostCpus.keySet().stream().sorted()
            .filter(cpu -> hostCpu(cpu) >= 0 && isShared(cpu))
            .collect(Collectors.groupingBy(this::hostCpu, TreeMap::new, Collectors.toList()));
        if (shared.isEmpty()) {
            return null;
        }
        return hostCpus.size() + " CPUs on " + new TreeSet<>(hostCpus.values()).size() + " host CPUs: "
            + shared.entrySet().stream().map(e -> "CPUs " + join(e.getValue()) + " share host CPU " + e.getKey())
            .collect(Collectors.joining(", ")) + "; a CPU that shares never polls";
    }

    private static String join(List<Integer> cpus) {
        return cpus.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }
}
