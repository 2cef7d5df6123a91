// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.Similar;
import io.mkemu.cli.type.Converter;
import io.mkemu.cli.type.CpuList;
import io.mkemu.journal.event.EventFilter;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.TraceNames;
import java.util.List;
import picocli.CommandLine.Option;

/** Which events of a trace are wanted. */
final class TraceFilterOptions {
    @Option(names = "--instance", paramLabel = "NAME|ID", split = ",",
        description = "Only events of these instances; host is instance 0.")
    private List<String> instances = List.of();

    @Option(names = "--cpu", paramLabel = "N",
        description = "Only events of these physical CPUs, as 0-3,5.")
    private CpuList cpus;

    @Option(names = "--type", paramLabel = "N", split = ",", converter = Converter.Type.class,
        description = "Only messages of these types, as 101 or 0x65.")
    private List<Integer> types = List.of();

    @Option(names = "--event", paramLabel = "NAME", split = ",",
        completionCandidates = EventNames.class,
        description = "Only these events: ${COMPLETION-CANDIDATES}.")
    private List<EventName> events = List.of();

    boolean hasEvents() {
        return !events.isEmpty();
    }

    EventFilter filter(TraceNames names) {
        return new EventFilter(names).instances(instances).cpus(cpus == null ? List.of() : cpus.cpus()).types(types)
            .events(events);
    }

    /** Refuses a CPU that the machine does not have, now that the journal has said how many it has. */
    static void checkCpus(EventFilter filter, TraceNames names) {
        for (int unknown : filter.unknownCpus()) {
            throw new MachineException(ExitCode.STATE, "no CPU " + unknown + " in this journal; its machine has CPUs "
                + "below " + names.nrCpus());
        }
    }

    /** Refuses an instance that the journal, now that it was read, knows nothing of. */
    static void check(EventFilter filter, TraceNames names) {
        for (String unknown : filter.unknownInstances()) {
            throw new MachineException(ExitCode.STATE, "no instance \"" + unknown + "\" in this journal"
                + Similar.hint(unknown, names.all().values()));
        }
    }
}
