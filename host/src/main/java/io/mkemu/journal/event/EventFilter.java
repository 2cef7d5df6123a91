// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import io.mkemu.trace.MessageId;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;

/**
 * Which events are shown. What is dropped or damaged is always shown, unless it is of another CPU or instance than
 * those that are asked for.
 */
public final class EventFilter {
    private static final Set<EventName> NEVER_SILENT = EnumSet.of(EventName.GAP, EventName.DAMAGED);

    private final TraceNames names;
    private final Set<String> instances = new HashSet<>();
    private final Set<Integer> cpus = new HashSet<>();
    private final Set<Integer> types = new HashSet<>();
    private final Set<String> typeNames = new HashSet<>();
    private final Set<EventName> events = EnumSet.noneOf(EventName.class);
    private Long id;
    private long since = Long.MIN_VALUE;
    private long until = Long.MAX_VALUE;

    /** A filter that shows all. */
    public EventFilter(TraceNames names) {
        this.names = names;
    }

    /** Only events of these instances; names, ids, or "host". */
    public EventFilter instances(Collection<String> namesOrIds) {
        instances.addAll(namesOrIds);
        return this;
    }

    /** Only events of these physical CPUs. */
    public EventFilter cpus(Collection<Integer> physicalCpus) {
        cpus.addAll(physicalCpus);
        return this;
    }

    /** Only events about messages of these types. */
    public EventFilter types(Collection<Integer> wanted) {
        types.addAll(wanted);
        return this;
    }

    /** Only events about messages of types that are called so where the event was, or of {@link #types}. */
    public EventFilter typeNames(Collection<String> wanted) {
        typeNames.addAll(wanted);
        return this;
    }

    /** Only these events. */
    public EventFilter events(Collection<EventName> wanted) {
        events.addAll(wanted);
        return this;
    }

    /** Only events about this message, and what was dropped of its sender and its target. */
    public EventFilter id(long message) {
        id = message;
        return this;
    }

    /** Only events from a time on, and before another; CLOCK_MONOTONIC in ns. */
    public EventFilter window(long from, long to) {
        since = from;
        until = to;
        return this;
    }

    /** The time from which on nothing is shown. */
    public long until() {
        return until;
    }

    /** Whether an event is shown. */
    public boolean shows(EventName name, long time, TraceEntry entry) {
        if (time < since || time >= until || !isOfPlace(entry) && !isOfMachine(name, entry)) {
            return false;
        }
        return NEVER_SILENT.contains(name)
            || (events.isEmpty() || events.contains(name)) && isOfType(entry) && isOfMessage(entry);
    }

    /**
     * Whether a message counts: its sender or its target is of those that are asked for.
     *
     * @param time when it was sent, or if that is not known when it was delivered
     * @param from instance that sent it
     * @param to   instance it was sent to
     * @param id   the message
     */
    boolean counts(long time, int type, int from, int to, long id) {
        return time >= since && time < until && isOfType(type, from, to)
            && (instances.isEmpty() || isOfInstance(from) || isOfInstance(to))
            && (cpus.isEmpty() || cpus.contains(MessageId.senderCpu(id)) || cpus.contains(MessageId.targetCpu(id)));
    }

    /** What may have been of any CPU. */
    private static boolean isOfMachine(EventName name, TraceEntry entry) {
        return NEVER_SILENT.contains(name) && entry.instance() < 0 && entry.cpu() < 0;
    }

    private boolean isOfPlace(TraceEntry entry) {
        return (cpus.isEmpty() || cpus.contains(entry.cpu()))
            && (instances.isEmpty() || isOfInstance(entry.instance()))
            && (id == null || entry.cpu() == MessageId.senderCpu(id) || entry.cpu() == MessageId.targetCpu(id));
    }

    private boolean isOfInstance(int instance) {
        if (instance < 0) {
            return false;
        }
        for (String wanted : instances) {
            if (names.means(wanted, instance)) {
                return true;
            }
        }
        return false;
    }

    private boolean isOfType(TraceEntry entry) {
        return isOfAnyType() || entry.hasType() && (types.contains(entry.type())
            || !typeNames.isEmpty() && typeNames.contains(names.type(entry)));
    }

    private boolean isOfType(int type, int from, int to) {
        return isOfAnyType() || types.contains(type)
            || typeNames.stream().anyMatch(name -> names.calls(from, type, name) || names.calls(to, type, name));
    }

    private boolean isOfAnyType() {
        return types.isEmpty() && typeNames.isEmpty();
    }

    private boolean isOfMessage(TraceEntry entry) {
        return id == null || entry.isMessage() && entry.id() == id;
    }

    /** Those of the wanted CPUs that the machine does not have, if the journal has said how many it has. */
    public List<Integer> unknownCpus() {
        return cpus.stream().filter(cpu -> names.nrCpus() > 0 && cpu >= names.nrCpus()).sorted().toList();
    }

    /** Those of the wanted names of types that the journal, as far as it was read, knows nothing of. */
    public List<String> unknownTypes() {
        SortedSet<String> known = names.typeNames();
        return typeNames.stream().filter(wanted -> !known.contains(wanted)).sorted().toList();
    }

    /** Those of the wanted instances that the journal, as far as it was read, knows nothing of. */
    public List<String> unknownInstances() {
        return instances.stream().filter(wanted -> !names.knows(wanted)).sorted().toList();
    }
}
