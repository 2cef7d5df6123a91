// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.abi.KernelCall;
import io.mkemu.abi.TraceEvent;
import io.mkemu.journal.JournalText;
import io.mkemu.journal.RecordedModule;
import io.mkemu.table.TypeNames;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Who is who in a journal, learnt as it is read: the machine, its instances, whose a CPU is. Not thread-safe. */
public final class TraceNames {
    /** What a machine's own events name as their instance. */
    public static final int MACHINE = -1;

    /** More names of tasks are not kept: a kernel may start one for each request. */
    private static final int MAX_TASKS = 1 << 16;

    private record TaskKey(int instance, long life, int cpu, long number) {
    }

    private record LifeKey(int instance, long life) {
    }

    private record TypeKey(int instance, int type) {
    }

    /* By the life that named it: the next one may run other modules. */
    private final Map<TypeKey, NavigableMap<Long, String>> types = new HashMap<>();
    /* Whoever named it first: messages of a protocol have one meaning in all kernels, as a rule. */
    private final Map<Integer, String> anyones = new HashMap<>();
    private final Map<TaskKey, String> tasks = new HashMap<>();
    private final SortedMap<Integer, String> names = new TreeMap<>(Map.of(0, "host"));
    private final Map<Integer, Integer> owners = new HashMap<>();
    private final Map<LifeKey, List<RecordedModule>> modules = new HashMap<>();
    private List<RecordedModule> all = List.of();
    private final Set<Integer> externals = new HashSet<>();
    private String machine = "";
    private long createdNanos;
    private long createdUnixNanos;
    private String mailbox = "";
    private String mode = "";
    private boolean known;
    private int nrCpus;

    /** Learns what a record tells of names. */
    void learn(TraceEntry entry) {
        if (entry.event() == TraceEvent.MACHINE) {
            JsonNode what = JournalText.object(entry.payload());
            machine(what.path("machine").asText(""), what.path("createdNanos").asLong(),
                what.path("createdUnixNanos").asLong());
            nrCpus = what.path("nrCpus").asInt();
            mailbox = what.path("ipi").asText("");
        } else if (entry.event() == TraceEvent.MODE && mode.isEmpty()) {
            mode = EventFields.mode(entry.arg0());
        } else if (entry.event() == TraceEvent.LIFE && entry.instance() >= 0) {
            JsonNode what = JournalText.object(entry.payload());
            if (what.path("name").isTextual()) {
                name(entry.instance(), what.path("name").textValue());
            }
            if (what.path("external").asBoolean()) {
                externals.add(entry.instance());
            }
            List<RecordedModule> ran = RecordedModule.of(texts(what.path("modules")), texts(what.path("digests")));
            modules.put(new LifeKey(entry.instance(), entry.life()), ran);
            all = Stream.concat(all.stream(), ran.stream()).distinct().toList();
            what.path("cpus").forEach(cpu -> owns(cpu.asInt(TraceNames.MACHINE), entry.instance()));
        } else if (entry.event() == TraceEvent.TYPE_NAME) {
            typeName(entry);
        } else if (entry.event() == TraceEvent.CALL && KernelCall.of(entry.type()) == KernelCall.START_TASK
            && tasks.size() < MAX_TASKS) {
            tasks.put(taskKey(entry), new String(entry.payload(), StandardCharsets.UTF_8));
        }
    }

    /** A journal may come from anybody: what no kernel can have written is not printed. */
    private void typeName(TraceEntry entry) {
        String name = new String(entry.payload(), StandardCharsets.US_ASCII);
        if (TypeNames.isName(name)) {
            types.computeIfAbsent(new TypeKey(entry.instance(), entry.type()), key -> new TreeMap<>())
                .put(entry.life(), name);
            anyones.putIfAbsent(entry.type(), name);
        }
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(each -> texts.add(each.asText()));
        return texts;
    }

    /** The modules of the life that an event is of, as far as is known. */
    public List<RecordedModule> modules(TraceEntry entry) {
        return modules.getOrDefault(new LifeKey(entry.instance(), entry.life()), List.of());
    }

    /** All modules that any life ran, as far as was read. */
    public List<RecordedModule> modules() {
        return all;
    }

    private static TaskKey taskKey(TraceEntry entry) {
        return new TaskKey(entry.instance(), entry.life(), entry.cpu(), entry.id());
    }

    /**
     * What the type of an event's message is called.
     *
     * @return as the event's instance calls it in that life, or else in its last one, or else another instance; null if
     *     no module has named it, or the event has no type
     */
    public String type(TraceEntry entry) {
        if (anyones.isEmpty() || !entry.hasType()) {
            return null;
        }
        NavigableMap<Long, String> own = types.get(new TypeKey(entry.instance(), entry.type()));
        if (own == null) {
            return anyones.get(entry.type());
        }
        String name = own.get(entry.life());
        return name == null ? own.lastEntry().getValue() : name;
    }

    /** Whether an instance calls a type so, in any of its lives; one that has no name for it: whether others do. */
    boolean calls(int instance, int type, String name) {
        NavigableMap<Long, String> own = types.get(new TypeKey(instance, type));
        return own == null ? name.equals(anyones.get(type)) : own.containsValue(name);
    }

    /** All names of types that were learnt. */
    public SortedSet<String> typeNames() {
        SortedSet<String> all = new TreeSet<>();
        types.values().forEach(lives -> all.addAll(lives.values()));
        return all;
    }

    /** Learns the names of types that others have learnt, before it reads where they were given. */
    public void typesOf(TraceNames other) {
        other.types.forEach((key, lives) -> types.computeIfAbsent(key, none -> new TreeMap<>()).putAll(lives));
        other.anyones.forEach(anyones::putIfAbsent);
    }

    /** The name of the task that a TASK event is of; null if the journal has not told it. */
    public String task(TraceEntry entry) {
        return tasks.get(taskKey(entry));
    }

    /** Learns whose a CPU is now. */
    void owns(int cpu, int instance) {
        if (cpu >= 0 && instance >= 0) {
            owners.put(cpu, instance);
            names.putIfAbsent(instance, "#" + instance);
        }
    }

    /** Learns the name of an instance. */
    void name(int instance, String name) {
        names.put(instance, name);
    }

    /** Learns which machine it is. */
    void machine(String name, long created, long createdUnix) {
        machine = name;
        createdNanos = created;
        createdUnixNanos = createdUnix;
        known = true;
    }

    /** Whether the journal has said which machine it is of. */
    public boolean isKnown() {
        return known;
    }

    /** The machine's name; empty if it is not known. */
    public String machine() {
        return machine;
    }

    /** One past the highest physical CPU; 0 if it is not known. */
    public int nrCpus() {
        return nrCpus;
    }

    /** The machine's mailbox, as --ipi has it; empty if it is not known. */
    public String mailbox() {
        return mailbox;
    }

    /** What was recorded at the beginning; empty if it is not known. */
    public String mode() {
        return mode;
    }

    /** When the machine was made, CLOCK_MONOTONIC in ns; 0 if it is not known. */
    public long createdNanos() {
        return createdNanos;
    }

    /** When the machine was made, ns since 1970; 0 if it is not known. */
    public long createdUnixNanos() {
        return createdUnixNanos;
    }

    /** The name of an instance; "#" and its id if that is all that is known; "machine" for {@link #MACHINE}. */
    public String name(int instance) {
        return instance < 0 ? "machine" : names.getOrDefault(instance, "#" + instance);
    }

    /** Whether a user who says this means that instance. A name goes before an id, as everywhere. */
    boolean means(String nameOrId, int instance) {
        return nameOrId.equals(names.get(instance))
            || nameOrId.equals(Integer.toString(instance)) && !names.containsValue(nameOrId);
    }

    /** Whether a user who says this can mean anything. */
    boolean knows(String nameOrId) {
        return names.containsValue(nameOrId)
            || names.keySet().stream().anyMatch(id -> nameOrId.equals(Integer.toString(id)));
    }

    /** The instance that owns a CPU as far as was read, or {@link #MACHINE} if it is not known. */
    public int ownerOf(int cpu) {
        return owners.getOrDefault(cpu, MACHINE);
    }

    /** Whether a life of an instance was external: a process that mkemu did not start. */
    boolean isExternal(int instance) {
        return externals.contains(instance);
    }

    /** All instances that were seen, by ascending id. */
    public SortedMap<Integer, String> all() {
        return names;
    }
}
