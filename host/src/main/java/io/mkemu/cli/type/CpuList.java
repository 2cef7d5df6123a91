// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.tree.MachineSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * CPUs as Linux lists them: {@code 0-3,5}.
 *
 * @param cpus at least one, none twice, in the order of the text
 */
public record CpuList(List<Integer> cpus) {
    private static final Pattern RANGE = Pattern.compile("([0-9]{1,4})(?:-([0-9]{1,4}))?");

    public CpuList {
        cpus = List.copyOf(cpus);
    }

    /**
     * Reads a list.
     *
     * @throws IllegalArgumentException with one line if it is none, or names a CPU twice
     */
    public static CpuList parse(String text) {
        Set<Integer> cpus = new LinkedHashSet<>();
        for (String part : text.split(",", -1)) {
            Matcher range = RANGE.matcher(part.strip());
            int first = range.matches() ? Integer.parseInt(range.group(1)) : MachineSpec.MAX_CPUS;
            int last = first == MachineSpec.MAX_CPUS || range.group(2) == null ? first
                : Integer.parseInt(range.group(2));
            if (first > last || last >= MachineSpec.MAX_CPUS) {
                throw new IllegalArgumentException("CPU list '" + text + "': expected numbers and ranges in 0.."
                    + (MachineSpec.MAX_CPUS - 1) + ", as 0-3,5");
            }
            for (int cpu = first; cpu <= last; cpu++) {
                if (!cpus.add(cpu)) {
                    throw new IllegalArgumentException("CPU list '" + text + "' names CPU " + cpu
                        + " twice: list each CPU once");
                }
            }
        }
        return new CpuList(List.copyOf(cpus));
    }

    /** The shortest list of these CPUs, ascending; "-" for none. */
    public static String text(Collection<Integer> cpus) {
        List<Integer> sorted = cpus.stream().sorted().toList();
        List<String> parts = new ArrayList<>();
        int at = 0;
        while (at < sorted.size()) {
            int end = at;
            while (end + 1 < sorted.size() && sorted.get(end + 1) == sorted.get(end) + 1) {
                end++;
            }
            parts.add(sorted.get(at) + (end == at ? "" : (end == at + 1 ? "," : "-") + sorted.get(end)));
            at = end + 1;
        }
        return parts.isEmpty() ? "-" : String.join(",", parts);
    }
}
