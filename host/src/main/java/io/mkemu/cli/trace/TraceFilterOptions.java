// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.Similar;
import io.mkemu.cli.type.CpuList;
import io.mkemu.journal.event.EventFilter;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.TraceNames;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import picocli.CommandLine.Option;

/** Which events of a trace are wanted. */
final class TraceFilterOptions {
    /** In the line that refuses another. */
    private static final int MOST_NAMES = 30;

    @Option(names = "--instance", paramLabel = "NAME|ID", split = ",",
        description = "Only events of these instances; host is instance 0.")
    private List<String> instances = List.of();

    @Option(names = "--cpu", paramLabel = "N",
        description = "Only events of these physical CPUs, as 0-3,5.")
    private CpuList cpus;

    @Option(names = "--type", paramLabel = "N|NAME", split = ",", converter = WantedType.Reader.class,
        description = "Only messages of these types: 101, 0x65, or a name.")
    private List<WantedType> types = List.of();

    @Option(names = "--event", paramLabel = "NAME", split = ",",
        completionCandidates = EventNames.class,
        description = "Only these events: ${COMPLETION-CANDIDATES}.")
    private List<EventName> events = List.of();

    boolean hasEvents() {
        return !events.isEmpty();
    }

    /** Whether names of types have to be known before an event is. */
    boolean namesTypes() {
        return types.stream().anyMatch(type -> type.name() != null);
    }

    EventFilter filter(TraceNames names) {
        return new EventFilter(names).instances(instances).cpus(cpus == null ? List.of() : cpus.cpus())
            .types(types.stream().filter(type -> type.name() == null).map(WantedType::number).toList())
            .typeNames(types.stream().map(WantedType::name).filter(Objects::nonNull).toList()).events(events);
    }

    /** Refuses a CPU that the machine does not have, now that the journal has said how many it has. */
    static void checkCpus(EventFilter filter, TraceNames names) {
        for (int unknown : filter.unknownCpus()) {
            throw new MachineException(ExitCode.STATE, "no CPU " + unknown + " in this journal; its machine has CPUs "
                + "below " + names.nrCpus());
        }
    }

    /** What to say of a name of a type that the journal does not know; null if it knows all that are wanted. */
    static String unknownType(EventFilter filter, TraceNames names) {
        for (String unknown : filter.unknownTypes()) {
            SortedSet<String> known = names.typeNames();
            String none = "no type \"" + unknown + "\" in this journal";
            if (known.isEmpty()) {
                return none + ": no module has named one; give the type's number";
            }
            List<String> some = known.stream().limit(MOST_NAMES).toList();
            return none + Similar.nearest(unknown, known).map(near -> "; did you mean " + near + "? Types")
                .orElse("; types") + " are called " + String.join(", ", some) + (known.size() > some.size()
                ? " and " + (known.size() - some.size()) + " names more" : "");
        }
        return null;
    }

    /** Refuses an instance that the journal, now that it was read, knows nothing of. */
    static void check(EventFilter filter, TraceNames names) {
        for (String unknown : filter.unknownInstances()) {
            throw new MachineException(ExitCode.STATE, "no instance \"" + unknown + "\" in this journal"
                + Similar.hint(unknown, names.all().values()));
        }
    }
}
