// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.machine.MappedMachine;
import io.mkemu.table.InstanceEntry;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How a user names an instance: by its name, by its id, or {@code host} for instance 0. */
public final class InstanceNames {
    private InstanceNames() {
    }

    /**
     * The instance that is meant. A name goes before an id, in case an instance is named like a number.
     *
     * @param machine name of the machine, for the message
     * @throws MachineException with STATE if there is none; the message lists those that exist
     */
    public static InstanceEntry find(MappedMachine mapped, String machine, String nameOrId) {
        List<InstanceEntry> all = all(mapped);
        return all.stream().filter(entry -> entry.name().equals(nameOrId)).findFirst()
            .or(() -> all.stream().filter(entry -> Integer.toString(entry.id()).equals(nameOrId)).findFirst())
            .orElseThrow(() -> new MachineException(ExitCode.STATE, "machine \"" + machine
                + "\" has no instance \"" + nameOrId + "\"; it has " + all.stream()
                .map(entry -> entry.name() + " (" + entry.id() + ")").collect(Collectors.joining(", "))));
    }

    /** All instances that exist, whatever their state, by ascending id; the host is the first. */
    public static List<InstanceEntry> all(MappedMachine mapped) {
        return IntStream.range(0, InstanceDescriptor.MAX_INSTANCES).mapToObj(mapped.instances()::find)
            .filter(Objects::nonNull).toList();
    }
}
