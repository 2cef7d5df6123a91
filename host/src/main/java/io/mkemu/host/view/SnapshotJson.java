// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.host.view.Snapshot.Cpu;
import io.mkemu.host.view.Snapshot.Kernel;
import io.mkemu.host.view.Snapshot.Region;
import io.mkemu.host.view.Snapshot.Share;
import io.mkemu.json.Json;
import java.util.List;
import java.util.Locale;

/**
 * A snapshot, and rates, as JSON. Keys are the names of the records' components. Memory is in bytes, times are in ns;
 * what an enum or a counter is called is in lower case. Stateless; any thread.
 */
public final class SnapshotJson {
    private SnapshotJson() {
    }

    /** A snapshot. */
    public static ObjectNode of(Snapshot snapshot) {
        ObjectNode node = Json.object().put("machine", snapshot.machine()).put("state", snapshot.state())
            .put("pid", snapshot.pid()).put("takenNanos", snapshot.takenNanos()).put("upNanos", snapshot.upNanos())
            .put("ipi", snapshot.ipi().toString()).put("ipiSlots", snapshot.ipiSlots())
            .put("ramBytes", snapshot.ramBytes());
        ArrayNode kernels = node.putArray("kernels");
        snapshot.kernels().forEach(kernel -> kernels.add(of(kernel)));
        ArrayNode cpus = node.putArray("cpus");
        snapshot.cpus().forEach(cpu -> cpus.add(of(cpu)));
        ArrayNode lanes = node.putArray("lanes");
        snapshot.lanes().forEach(lane -> lanes.addObject().put("from", lane.from()).put("to", lane.to())
            .put("delivered", lane.delivered()).put("waiting", lane.waiting()));
        regions(node.putArray("memory"), snapshot.memory());
        ArrayNode shares = node.putArray("shares");
        snapshot.shares().forEach(share -> shares.add(of(share)));
        node.putObject("trace").put("mode", snapshot.trace().mode().label()).put("slots", snapshot.trace().slots())
            .put("lost", snapshot.trace().lost());
        snapshot.problems().forEach(node.putArray("problems")::add);
        return node;
    }

    private static ObjectNode of(Kernel kernel) {
        ObjectNode node = Json.object().put("id", kernel.id()).put("name", kernel.name())
            .put("state", kernel.state().toString()).put("life", kernel.life()).put("pid", kernel.pid())
            .put("reason", kernel.reason());
        numbers(node.putArray("cpus"), kernel.cpus());
        return node.put("memoryBytes", kernel.memoryBytes()).put("freeBytes", kernel.freeBytes())
            .put("ipiArea", kernel.ipiArea()).put("ipiAreaBytes", kernel.ipiAreaBytes())
            .put("cmdline", kernel.cmdline()).put("tasksStarted", kernel.tasksStarted())
            .put("tasksEnded", kernel.tasksEnded()).put("tasksFailed", kernel.tasksFailed());
    }

    private static ObjectNode of(Cpu cpu) {
        ObjectNode node = Json.object().put("id", cpu.id()).put("number", cpu.number())
            .put("hostCpu", cpu.hostCpu()).put("sharedCore", cpu.sharedCore()).put("kernel", cpu.kernel())
            .put("state", lower(cpu.state())).put("haltedNanos", cpu.haltedNanos())
            .put("pollingNanos", cpu.pollingNanos()).put("onlineNanos", cpu.onlineNanos());
        numbers(node.putArray("hotLanes"), cpu.hotLanes());
        ObjectNode counters = node.putObject("counters");
        cpu.counters().forEach((counter, value) -> counters.put(lower(counter), value));
        return node;
    }

    private static void regions(ArrayNode array, List<Region> regions) {
        for (Region region : regions) {
            ObjectNode node = array.addObject().put("name", region.name()).put("kind", lower(region.kind()))
                .put("start", region.start()).put("end", region.end()).put("kernel", region.kernel());
            regions(node.putArray("children"), region.children());
        }
    }

    private static ObjectNode of(Share share) {
        return Json.object().put("owner", share.owner()).put("to", share.to()).put("pfn", share.pfn())
            .put("pages", share.pages()).put("mapped", share.mapped());
    }

    /** What happened between two snapshots. */
    public static ObjectNode of(Rates rates) {
        ObjectNode node = Json.object().put("seconds", rates.seconds()).put("sent", rates.sent())
            .put("received", rates.received()).put("refused", rates.refused()).put("interrupts", rates.interrupts());
        ArrayNode kernels = node.putArray("kernels");
        rates.kernels().forEach(kernel -> time(kernels.addObject().put("id", kernel.id()).put("sent", kernel.sent())
            .put("received", kernel.received()).put("refused", kernel.refused())
            .put("interrupts", kernel.interrupts()).put("callbacks", kernel.callbacks()), kernel.time()));
        ArrayNode cpus = node.putArray("cpus");
        rates.cpus().forEach(cpu -> time(cpus.addObject().put("id", cpu.id()).put("kernel", cpu.kernel())
            .put("sent", cpu.sent()).put("received", cpu.received()).put("refused", cpu.refused())
            .put("interrupts", cpu.interrupts()).put("callbacks", cpu.callbacks()).put("halts", cpu.halts()),
            cpu.time()));
        ArrayNode lanes = node.putArray("lanes");
        rates.lanes().forEach(lane -> lanes.addObject().put("from", lane.from()).put("to", lane.to())
            .put("delivered", lane.delivered()));
        ArrayNode pairs = node.putArray("pairs");
        rates.pairs().forEach(pair -> pairs.addObject().put("from", pair.from()).put("to", pair.to())
            .put("delivered", pair.delivered()).put("waiting", pair.waiting()));
        return node;
    }

    private static void time(ObjectNode node, Rates.Time time) {
        node.putObject("time").put("busy", time.busy()).put("polling", time.polling()).put("halted", time.halted());
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static void numbers(ArrayNode array, List<Integer> numbers) {
        numbers.forEach(array::add);
    }
}
