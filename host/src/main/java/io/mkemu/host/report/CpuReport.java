// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.report;

import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.TraceMode;
import io.mkemu.cpu.LocalApic;
import io.mkemu.ipi.MessageVisitor;
import io.mkemu.ipi.QueuedLaneView;
import io.mkemu.ipi.SlotView;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import io.mkemu.table.TypeNames.TypeName;
import io.mkemu.trace.MessageId;
import io.mkemu.trace.TraceControl;
import io.mkemu.trace.TraceReader;
import io.mkemu.trace.TraceRecord;
import io.mkemu.trace.TraceTail;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** What the CPUs of a kernel were doing, what waits in their lanes, and what they recorded last. */
final class CpuReport {
    private static final int MOST_MESSAGES = 64;
    private static final int MOST_RECORDS = 32;
    private static final int BYTES_PER_LINE = 32;
    private static final String[] VECTORS = {"multikernel", "request", "reschedule", "instance"};

    private final MappedMachine machine;
    private final LifeFacts facts;
    private final InstanceEntry entry;
    private final long now;
    private final ReportText text;
    private int messages;

    CpuReport(MappedMachine machine, LifeFacts facts, long now, ReportText text) {
        this.machine = machine;
        this.facts = facts;
        this.entry = machine.instances().entry(facts.id());
        this.now = now;
        this.text = text;
    }

    void cpus() {
        for (int logical = 0; logical < facts.cpus().size(); logical++) {
            LocalApic apic = machine.apic(facts.cpus().get(logical));
            long idle = apic.idleWord();
            text.line("  CPU %d: logical %d, number %d, host CPU %d%s", apic.physicalCpu(), logical, apic.cpuNumber(),
                apic.hostCpu(), apic.sharesCore() ? ", shared" : "");
            text.line("    state    %s; pending: %s; doorbell %d", state(apic, idle), pending(apic), apic.doorbell());
            text.line("    polls    %s", polled(idle));
            text.line("    handler  %s", handler(apic.physicalCpu()));
            long since = apic.onlineSince();
            text.line("    time     online %s, halted %s, polled in vain %s",
                since <= 0 || since > now ? "not" : LifeReport.seconds(now - since),
                LifeReport.seconds(apic.haltedNanos(now)), LifeReport.seconds(apic.polledNanos()));
            StringBuilder counters = new StringBuilder();
            for (Counter counter : Counter.values()) {
                if (apic.counter(counter) != 0) {
                    counters.append(counters.isEmpty() ? "" : ", ").append(counter.name().toLowerCase(Locale.ROOT))
                        .append(' ').append(apic.counter(counter));
                }
            }
            text.line("    counters %s", counters.isEmpty() ? "all 0" : counters);
        }
    }

    private static String state(LocalApic apic, long idle) {
        return switch (LocalApic.state(idle)) {
            case LocalApicDescriptor.STATE_OFFLINE -> "offline";
            case LocalApicDescriptor.STATE_RUNNING -> "running: it executes or polls";
            case LocalApicDescriptor.STATE_HALTED -> "halted";
            default -> "damaged: " + LocalApic.state(idle);
        };
    }

    private static String pending(LocalApic apic) {
        List<String> names = new ArrayList<>();
        for (int vector = 0; vector < Long.SIZE; vector++) {
            if (apic.isPending(vector)) {
                names.add(vector < VECTORS.length ? VECTORS[vector] : Integer.toString(vector));
            }
        }
        return names.isEmpty() ? "nothing" : String.join(", ", names);
    }

    private static String polled(long idle) {
        List<String> senders = new ArrayList<>();
        for (int lane = 0; lane < LocalApicDescriptor.HOT_LANES; lane++) {
            if (LocalApic.hotLane(idle, lane) >= 0) {
                senders.add(Integer.toString(LocalApic.hotLane(idle, lane)));
            }
        }
        return senders.isEmpty() ? "no lane" : "the lanes of CPUs " + String.join(" ", senders);
    }

    private String handler(int cpu) {
        TraceReader.Running running = new TraceReader(machine.memory(), cpu).running();
        if (running == null) {
            return new TraceControl(machine.memory()).records(TraceMode.IPI) ? "none was running"
                : "not known: nothing was recorded (mk trace set ipi)";
        }
        return String.format(Locale.ROOT, "was running, for %s: %s, message %s",
            LifeReport.seconds(now - running.time()), message(running.type(), running.size()),
            MessageId.text(running.id()));
    }

    private String message(int type, int size) {
        String name = entry.typeNames().all().stream().filter(known -> known.type() == type).map(TypeName::name)
            .findFirst().map(known -> " (" + known + ")").orElse("");
        return "type 0x" + Integer.toHexString(type) + name + ", " + size + " bytes";
    }

    void lanes() {
        long area = entry.ipiArea();
        if (area == 0) {
            text.add("  there is no IPI area");
            return;
        }
        try (Window window = machine.interconnect().mapArea(entry, area)) {
            for (int logical = 0; logical < facts.cpus().size(); logical++) {
                if (machine.isQueued()) {
                    queued(window, logical);
                } else {
                    slot(window, facts.cpus().get(logical));
                }
            }
        } catch (MachineException damaged) {
            text.add("  " + damaged.getMessage());
        }
        if (messages > MOST_MESSAGES) {
            text.line("  and %d more messages that were not delivered", messages - MOST_MESSAGES);
        }
    }

    private void queued(Window area, int logical) {
        int cpu = facts.cpus().get(logical);
        boolean any = false;
        for (int sender = 0; sender < machine.layout().nrCpus(); sender++) {
            QueuedLaneView lane = QueuedLaneView.of(area.buffer(), machine.layout(), logical, sender);
            if (!lane.isUsed()) {
                continue;
            }
            any = true;
            text.line("  from CPU %d (%s) to CPU %d: %d delivered, %d of %d slots wait%s", sender, owner(sender), cpu,
                lane.delivered(), lane.waiting(), machine.layout().ipiSlots(),
                lane.problem() == null ? "" : "; damaged: " + lane.problem());
            QueuedLaneView.forEachWaiting(area.buffer(), machine.layout(), logical, sender, this::undelivered);
        }
        if (!any) {
            text.line("  to CPU %d: nothing was ever sent", cpu);
        }
    }

    private void slot(Window area, int cpu) {
        SlotView slot = SlotView.of(area.buffer(), machine.apic(cpu).cpuNumber(), machine.layout().nrCpus());
        if (slot == null) {
            text.line("  slot of CPU %d: empty", cpu);
            return;
        }
        text.line("  slot of CPU %d: from CPU %d, %s; whether it was delivered the slot does not tell", cpu,
            slot.senderCpu(), message(slot.type(), slot.payload().length));
        hex(slot.payload());
    }

    private void undelivered(MessageVisitor.Message message) {
        if (++messages > MOST_MESSAGES) {
            return;
        }
        text.line("    %d: %s%s", message.number(), message(message.type(), message.payload().length),
            message.instance() < 0 ? "" : ", sent by " + machine.instances().entry(message.instance()).name()
                + " in life " + message.life());
        hex(message.payload());
    }

    private void hex(byte[] payload) {
        for (int at = 0; at < payload.length; at += BYTES_PER_LINE) {
            text.line("      %04x  %s", at, HexFormat.ofDelimiter(" ").formatHex(payload, at,
                Math.min(payload.length, at + BYTES_PER_LINE)));
        }
    }

    private String owner(int cpu) {
        int owner = machine.instances().ownerOf(cpu);
        return owner < 0 || owner >= InstanceDescriptor.MAX_INSTANCES ? "nobody's now"
            : machine.instances().entry(owner).name();
    }

    void trace() {
        boolean any = false;
        for (int cpu : facts.cpus()) {
            for (TraceRecord record : TraceTail.of(machine.memory(), cpu, MOST_RECORDS, now)) {
                any = true;
                text.line("  [%12.6f] CPU %d  %-10s id 0x%x (%s) type 0x%x size %d args %d %d",
                    (record.time() - machine.memory().createdNanos()) / 1e9, cpu, record.event(), record.id(),
                    MessageId.text(record.id()), record.type(), record.size(), record.arg0(), record.arg1());
            }
        }
        if (!any) {
            text.add("  none: mk trace set ipi records what CPUs do, on a machine with a journal");
        }
    }
}
