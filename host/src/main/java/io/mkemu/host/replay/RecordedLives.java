// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.replay;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.host.replay.RecordedLife.Begin;
import io.mkemu.host.replay.RecordedLife.Gap;
import io.mkemu.json.Json;
import io.mkemu.trace.TraceRecord;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.agrona.DirectBuffer;

/** What a recording tells of the lives in it; found in one reading. Not thread-safe. */
final class RecordedLives {
    private final TraceRecord record = new TraceRecord();
    private final List<RecordedLife> lives = new ArrayList<>();
    /* By CPU: the position in its ring behind what was read of it last. */
    private final Map<Integer, Long> positions = new HashMap<>();
    private TraceMode mode = TraceMode.OFF;
    private long createdNanos;
    private IpiMode ipi = IpiMode.QUEUED;

    /** CLOCK_MONOTONIC in ns when the machine was made. */
    long createdNanos() {
        return createdNanos;
    }

    /** The mailbox of its machine. */
    IpiMode ipi() {
        return ipi;
    }

    /**
     * Takes the next segment of the recording.
     *
     * @param position of its first record in the CPU's ring, in slots
     * @throws MachineException if a record of the host cannot be read
     */
    void segment(int cpu, int instance, int life, long position, DirectBuffer records, int offset, int length) {
        int end = offset + length;
        int at = offset;
        long first = 0;
        boolean fromRing = cpu >= 0;
        for (; at < end && record.wrap(records, at, end); at += record.slots() * TraceRecordDescriptor.LENGTH) {
            first = at == offset ? record.time() : first;
            /* Written by the host about the CPU: they have no place in its ring. */
            fromRing &= record.event() != TraceEvent.GAP && (record.event() != TraceEvent.CALLBACK
                || !record.has(TraceRecordDescriptor.UNFINISHED));
            switch (record.event()) {
                case MACHINE -> machine();
                case MODE -> mode();
                case LIFE -> begins();
                case STATE -> entered(find(instance, life));
                case GAP -> gap(cpu, find(instance, life));
                default -> { }
            }
        }
        if (fromRing) {
            boolean whole = at == end && positions.getOrDefault(cpu, position) == position;
            positions.put(cpu, position + length / TraceRecordDescriptor.LENGTH);
            RecordedLife theirs = whole ? null : find(instance, life);
            if (theirs != null) {
                theirs.unreadable(new Gap(cpu, first, 0));
            }
        }
    }

    private JsonNode json() {
        try {
            return Json.read(record.payload());
        } catch (IOException damaged) {
            throw new MachineException(ExitCode.MACHINE, "the recording is damaged: its " + record.event()
                + " record is no JSON", damaged);
        }
    }

    private void machine() {
        JsonNode what = json();
        createdNanos = what.path("createdNanos").asLong();
        ipi = what.path("ipi").asText().toLowerCase(Locale.ROOT).startsWith("single") ? IpiMode.SINGLE_SLOT
            : IpiMode.QUEUED;
    }

    private void mode() {
        TraceMode[] modes = TraceMode.values();
        mode = modes[Math.clamp(record.arg0(), 0, modes.length - 1)];
        if (mode != TraceMode.ALL) {
            lives.forEach(life -> life.lowered(record.time()));
        }
    }

    private void begins() {
        JsonNode what = json();
        Begin begin = new Begin(what.path("id").asInt(), what.path("name").asText(), what.path("life").asInt(),
            record.time(), what.path("cmdline").asText(), texts(what.path("modules")), texts(what.path("digests")),
            numbers(what.path("cpus")), texts(what.path("jvmOptions")), what.path("external").asBoolean());
        RecordedLife known = find(begin.instance(), begin.life());
        if (known == null) {
            lives.add(new RecordedLife(begin, mode));
        } else if (!known.begin().cpus().equals(begin.cpus())) {
            known.cpusChange(record.time());
        }
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(each -> texts.add(each.asText()));
        return List.copyOf(texts);
    }

    private static List<Integer> numbers(JsonNode array) {
        List<Integer> numbers = new ArrayList<>();
        array.forEach(each -> numbers.add(each.asInt()));
        return List.copyOf(numbers);
    }

    private void entered(RecordedLife life) {
        InstanceState[] states = InstanceState.values();
        if (life != null && record.arg0() >= 0 && record.arg0() < states.length) {
            life.entered(states[record.arg0()], record.text());
        }
    }

    private void gap(int cpu, RecordedLife life) {
        if (cpu >= 0 && life != null) {
            life.gap(new Gap(cpu, record.time(), record.id() + Integer.toUnsignedLong(record.arg0())
                + Integer.toUnsignedLong(record.arg1())));
        }
    }

    private RecordedLife find(int instance, int life) {
        for (RecordedLife each : lives) {
            if (each.begin().instance() == instance && each.begin().life() == life) {
                return each;
            }
        }
        return null;
    }

    /**
     * The life that a user means.
     *
     * @param nameOrId of the instance; a name goes before an id
     * @param life     which of its lives, or null for the last
     * @throws MachineException if the recording has none
     */
    RecordedLife find(String nameOrId, Integer life) {
        List<RecordedLife> theirs = lives.stream().filter(each -> each.begin().name().equals(nameOrId)).toList();
        if (theirs.isEmpty()) {
            theirs = lives.stream().filter(each -> Integer.toString(each.begin().instance()).equals(nameOrId)).toList();
        }
        if (theirs.isEmpty()) {
            String known = lives.stream().map(each -> each.begin().name()).distinct().collect(Collectors.joining(", "));
            throw new MachineException(ExitCode.STATE, "no instance \"" + nameOrId + "\" began a life in this "
                + "recording; " + (known.isEmpty() ? "none did" : "these did: " + known));
        }
        if (life == null) {
            return theirs.getLast();
        }
        for (RecordedLife each : theirs) {
            if (each.begin().life() == life) {
                return each;
            }
        }
        throw new MachineException(ExitCode.STATE, "instance " + theirs.getFirst().begin().name() + " has no life "
            + life + " in this recording; its lives are " + theirs.stream()
            .map(each -> Integer.toString(each.begin().life())).collect(Collectors.joining(", ")));
    }
}
