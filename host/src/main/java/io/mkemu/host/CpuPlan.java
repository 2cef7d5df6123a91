// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

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
 * Which host CPU runs which physical CPU of the machine. A physical CPU keeps its number where this process may use the
 * host CPU of that number; the others are dealt out in turn, to the host CPUs with the fewest.
 *
 * @param hostCpus physical CPU id to host CPU
 */
public record CpuPlan(Map<Integer, Integer> hostCpus) {
    /** Copies. */
    public CpuPlan {
        hostCpus = Map.copyOf(hostCpus);
    }

    /**
     * Plans.
     *
     * @param physical CPUs that somebody owns
     * @param allowed  host CPUs this process may use, at least one
     */
    public static CpuPlan of(Collection<Integer> physical, BitSet allowed) {
        SortedSet<Integer> ascending = new TreeSet<>(physical);
        Map<Integer, Integer> plan = new LinkedHashMap<>();
        Map<Integer, Integer> load = new TreeMap<>();
        allowed.stream().forEach(host -> load.put(host, 0));
        for (int cpu : ascending) {
            if (allowed.get(cpu)) {
                plan.put(cpu, cpu);
                load.merge(cpu, 1, Integer::sum);
            }
        }
        for (int cpu : ascending) {
            if (!allowed.get(cpu)) {
                int host = load.entrySet().stream().min(Map.Entry.comparingByValue()).orElseThrow().getKey();
                plan.put(cpu, host);
                load.merge(host, 1, Integer::sum);
            }
        }
        return new CpuPlan(plan);
    }

    /** The host CPU of a physical CPU. */
    public int hostCpu(int physicalCpu) {
        return hostCpus.get(physicalCpu);
    }

    /** Whether another physical CPU has the same host CPU. */
    public boolean isShared(int physicalCpu) {
        int host = hostCpu(physicalCpu);
        return hostCpus.values().stream().filter(other -> other == host).count() > 1;
    }

    /** One line that says which CPUs share a host CPU, or null if none do. */
    public String overcommitment() {
        TreeMap<Integer, List<Integer>> shared = hostCpus.keySet().stream().sorted().filter(this::isShared)
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
