// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.tx;

import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.MachineSpec;
import io.mkemu.tree.RestartPolicy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * What is different between a machine that runs and the one that a tree describes. What a tree says and mkemu does not
 * emulate is not compared, nor is {@code memory-base}, of which nothing is made.
 *
 * @param fixed   what of the machine as a whole is different, a line each: only a new machine can have it
 * @param changes what is different of its instances
 */
public record MachineDifference(List<String> fixed, List<Change> changes) {
    public MachineDifference {
        fixed = List.copyOf(fixed);
        changes = List.copyOf(changes);
    }

    /**
     * Compares.
     *
     * @param machine the machine that runs, as a tree would make it
     * @param forms   its instances, by name
     * @param wanted  what it is to become
     */
    public static MachineDifference between(MachineSpec machine, Map<String, Form> forms, MachineSpec wanted) {
        Map<String, Form> then = new LinkedHashMap<>();
        wanted.instances().forEach(spec -> then.put(spec.name(), form(forms.get(spec.name()), spec)));
        return new MachineDifference(fixed(machine, wanted), Change.between(forms, then));
    }

    /** A tree cannot tell an instance that is ready from one that is loaded with nothing: that is no difference. */
    private static Form form(Form now, InstanceSpec wanted) {
        boolean staysReady = now != null && !now.loaded() && wanted.modules().isEmpty() && wanted.bootargs().isEmpty()
            && wanted.restart().equals(RestartPolicy.NEVER) && wanted.jvmOptions().equals(now.spec().jvmOptions());
        return new Form(wanted, !staysReady);
    }

    private static List<String> fixed(MachineSpec machine, MachineSpec wanted) {
        List<String> lines = new ArrayList<>();
        List<Integer> cpus = machine.cpus().stream().sorted().toList();
        List<Integer> wantedCpus = wanted.cpus().stream().sorted().toList();
        compare(lines, "cpus", list(cpus), list(wantedCpus));
        if (cpus.equals(wantedCpus)) {
            compare(lines, "apic-ids", list(cpus.stream().map(machine::apicId).toList()),
                list(cpus.stream().map(wanted::apicId).toList()));
        }
        compare(lines, "memory-bytes", "0x" + Long.toHexString(machine.memoryBytes()),
            "0x" + Long.toHexString(wanted.memoryBytes()));
        if (wanted.host().cpu().isPresent()) {
            compare(lines, "mkemu,host-cpu", Integer.toString(machine.hostCpu()),
                Integer.toString(wanted.host().cpu().getAsInt()));
        }
        compare(lines, "mkemu,modules of the host", list(machine.host().modules()), list(wanted.host().modules()));
        compare(lines, "bootargs of the host", "'" + machine.host().bootargs() + "'",
            "'" + wanted.host().bootargs() + "'");
        compare(lines, "ipi", machine.ipi().toString(), wanted.ipi().toString());
        compare(lines, "ipi-log", machine.ipiLog() ? "rfc" : "not given", wanted.ipiLog() ? "rfc" : "not given");
        compare(lines, "mkemu,ipi-slots", text(machine.ipiSlots()), text(wanted.ipiSlots()));
        compare(lines, "nr-cpus", text(machine.nrCpus()), text(wanted.nrCpus()));
        return lines;
    }

    private static void compare(List<String> lines, String what, String now, String wanted) {
        if (!now.equals(wanted)) {
            lines.add(what + ": " + now + " -> " + wanted);
        }
    }

    private static String text(OptionalInt number) {
        return number.isPresent() ? Integer.toString(number.getAsInt()) : "not given";
    }

    private static String list(Collection<?> values) {
        return values.isEmpty() ? "none" : values.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }

    /** Whether there is none. */
    public boolean isNone() {
        return fixed.isEmpty() && changes.isEmpty();
    }
}
