// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.look;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cli.type.MachineOption;
import io.mkemu.host.view.MachineView;
import io.mkemu.json.Json;
import io.mkemu.machine.InterruptTable;
import io.mkemu.machine.InterruptTable.Cpu;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk interrupts}: /proc/interrupts of a machine that runs. */
@Command(name = "interrupts", mixinStandardHelpOptions = true,
    header = "Prints what the CPUs have counted.", description = {
    "Prints what the CPUs have counted, as /proc/interrupts.",
    "Of a machine that runs: a column for each physical CPU that an instance owns, with the instance's name below it, "
        + "and a row for each counter; then a line for each type of messages that a module has named."},
    footer = {"", "Example: mk interrupts --machine demo"})
public final class InterruptsCommand implements Callable<Integer> {
    @Mixin
    private MachineOption machine;

    @Option(names = "--json", description = "Print one JSON array, an object for each CPU: {cpu, number, host_cpu, "
        + "instance, name, counters, types}; cpu is the physical id, number the one the tree has for it.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        try (MachineView view = machine.running()) {
            List<Cpu> cpus = InterruptTable.read(view.mapped());
            if (json) {
                System.out.println(Json.text(describe(cpus)));
            } else {
                System.out.print(InterruptTable.text(cpus));
            }
        }
        return ExitCode.OK.code();
    }

    private static ArrayNode describe(List<Cpu> cpus) {
        ArrayNode array = Json.array();
        for (Cpu cpu : cpus) {
            ObjectNode one = array.addObject().put("cpu", cpu.physicalCpu()).put("number", cpu.number())
                .put("host_cpu", cpu.hostCpu()).put("instance", cpu.instanceId()).put("name", cpu.instance());
            ObjectNode counters = one.putObject("counters");
            for (Counter counter : Counter.values()) {
                counters.put(counter.name().toLowerCase(Locale.ROOT), cpu.counters().get(counter));
            }
            ObjectNode types = one.putObject("types");
            cpu.types().forEach(type -> types.put("0x" + Integer.toHexString(type.type()), type.name()));
        }
        return array;
    }
}
