// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.abi.InstanceState;
import io.mkemu.json.Json;
import io.mkemu.tree.InstanceSpec;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Machine and instances as JSON: what {@code mk show --json} prints. Memory in bytes, times in ms. */
final class StatusJson {
    private static final double MICROS_PER_MILLI = 1e3;

    private StatusJson() {
    }

    static ObjectNode machine(MachineStatus machine) {
        ObjectNode node = Json.object().put("name", machine.name()).put("directory", machine.directory())
            .put("pid", machine.pid()).put("upMillis", TimeUnit.NANOSECONDS.toMillis(machine.upNanos()))
            .put("ipi", machine.ipi().toString());
        numbers(node.putArray("cpus"), machine.cpus());
        numbers(node.putArray("freeCpus"), machine.freeCpus());
        return node.put("memory", machine.memoryBytes()).put("freeMemory", machine.freeBytes())
            .put("ram", machine.ramBytes());
    }

    static ObjectNode instance(InstanceStatus instance) {
        ObjectNode node = Json.object().put("id", instance.id()).put("name", instance.name())
            .put("state", instance.state().toString()).put("detail", instance.detail())
            .put("reason", instance.reason()).put("pid", instance.pid());
        numbers(node.putArray("cpus"), instance.cpus());
        numbers(node.putArray("hostCpus"), instance.hostCpus());
        numbers(node.putArray("plannedHostCpus"), instance.plannedHostCpus());
        node.put("memory", instance.memoryBytes()).put("life", instance.life())
            .put("external", instance.external()).put("restart", instance.restart().toString())
            .put("restarts", instance.restarts()).put("kernel", instance.kernel());
        instance.jvmOptions().forEach(node.putArray("jvmOptions")::add);
        instance.modules().forEach(node.putArray("modules")::add);
        node.put("cmdline", instance.cmdline());
        ObjectNode boot = node.putObject("bootMillis");
        instance.bootMicros().forEach((step, micros) -> boot.put(step, micros / MICROS_PER_MILLI));
        ObjectNode counters = node.putObject("counters");
        instance.counters().forEach(counters::put);
        if (!instance.report().isEmpty()) {
            node.put("report", instance.report());
        }
        return node;
    }

    /** What a dry run knows of an instance. */
    static ObjectNode planned(InstanceSpec spec, InstanceState state) {
        ObjectNode node =
            Json.object().put("id", spec.id()).put("name", spec.name()).put("state", state.toString());
        numbers(node.putArray("cpus"), spec.cpus().stream().sorted().toList());
        return node.put("memory", spec.memoryBytes()).put("external", spec.external());
    }

    private static void numbers(ArrayNode array, List<Integer> numbers) {
        numbers.forEach(array::add);
    }
}
