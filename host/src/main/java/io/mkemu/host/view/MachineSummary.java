// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.table.InstanceEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A machine of this user as its lock and its RAM tell it: nobody is asked, so a host that hangs is listed too.
 *
 * @param name      of the machine
 * @param state     running; dead: its host was killed; removed: its host lives and its directory is gone
 * @param pid       process id of the host, 0 if it is dead or the RAM cannot be read
 * @param active    kernels that are active, the host's too; 0 if the host is dead
 * @param kernels   all of them; 0 if the RAM cannot be read
 * @param directory where it lies
 */
public record MachineSummary(String name, String state, long pid, int active, int kernels, Path directory) {
    /** A state. */
    public static final String RUNNING = "running";
    /** A state. */
    public static final String DEAD = "dead";
    /** A state. */
    public static final String REMOVED = "removed";

    /** All machines, by name. */
    public static List<MachineSummary> all() throws IOException {
        List<MachineSummary> machines = new ArrayList<>();
        for (String name : RunningMachines.names()) {
            machines.add(read(new MachineDirectory(MachineDirectory.base().resolve(name)), true));
        }
        for (String name : RunningMachines.deadNames()) {
            machines.add(read(new MachineDirectory(MachineDirectory.base().resolve(name)), false));
        }
        LostHosts.all().forEach((name, pid) -> machines.add(
            new MachineSummary(name, REMOVED, pid, 0, 0, MachineDirectory.base().resolve(name))));
        machines.sort(Comparator.comparing(MachineSummary::name));
        return machines;
    }

    private static MachineSummary read(MachineDirectory directory, boolean runs) throws IOException {
        try (MappedMachine machine = MappedMachine.openReadOnly(directory.ram())) {
            List<InstanceEntry> kernels = InstanceNames.all(machine);
            long active = kernels.stream().filter(kernel -> runs && kernel.state() == InstanceState.ACTIVE).count();
            return new MachineSummary(directory.machine(), runs ? RUNNING : DEAD,
                runs ? machine.instances().entry(0).pid() : 0, (int) active, kernels.size(), directory.path());
        } catch (IOException | MachineException beginningOrDamaged) {
            return new MachineSummary(directory.machine(), runs ? RUNNING : DEAD, 0, 0, 0, directory.path());
        }
    }
}
