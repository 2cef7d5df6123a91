// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.table.InstanceEntry;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A machine of this user as its lock and its RAM tell it: nobody is asked, so a host that hangs is listed too. What
 * looks like a machine and is not this user's is listed with the reason, and not looked into.
 *
 * @param name      of the machine
 * @param state     running; dead: its host was killed; removed: its host lives and its directory is gone; refused: a
 *                  link, somebody else's or open to others
 * @param pid       process id of the host, 0 if it is dead or the RAM cannot be read
 * @param active    kernels that are active, the host's too; 0 if the host is dead
 * @param kernels   all of them; 0 if the RAM cannot be read
 * @param directory where it lies
 * @param problem   why it is refused, or its RAM cannot be read, in a line; null if all is well
 */
public record MachineSummary(String name, String state, long pid, int active, int kernels, Path directory,
    String problem) {
    /** A state. */
    public static final String RUNNING = "running";
    /** A state. */
    public static final String DEAD = "dead";
    /** A state. */
    public static final String REMOVED = "removed";
    /** A state. */
    public static final String REFUSED = "refused";

    /** All machines, by name. */
    public static List<MachineSummary> all() throws IOException {
        List<MachineSummary> machines = new ArrayList<>();
        for (String name : RunningMachines.names()) {
            machines.add(read(new MachineDirectory(MachineDirectory.base().resolve(name)), true));
        }
        for (String name : RunningMachines.deadNames()) {
            machines.add(read(new MachineDirectory(MachineDirectory.base().resolve(name)), false));
        }
        for (String name : RunningMachines.refusedNames()) {
            MachineDirectory directory = new MachineDirectory(MachineDirectory.base().resolve(name));
            machines.add(unread(directory, REFUSED, RunningMachines.refusal(directory)));
        }
        LostHosts.all().forEach((name, pid) -> machines.add(
            new MachineSummary(name, REMOVED, pid, 0, 0, MachineDirectory.base().resolve(name), null)));
        machines.sort(Comparator.comparing(MachineSummary::name));
        return machines;
    }

    private static MachineSummary read(MachineDirectory directory, boolean runs) throws IOException {
        try (MappedMachine machine = MappedMachine.openReadOnly(directory.ram())) {
            List<InstanceEntry> kernels = InstanceNames.all(machine);
            long active = kernels.stream().filter(kernel -> runs && kernel.state() == InstanceState.ACTIVE).count();
            return new MachineSummary(directory.machine(), runs ? RUNNING : DEAD,
                runs ? machine.instances().entry(0).pid() : 0, (int) active, kernels.size(), directory.path(), null);
        } catch (NoSuchFileException beginningOrEnding) {
            return unread(directory, runs ? RUNNING : DEAD, directory.ram() + ": there is none"
                + (runs ? ": the machine is just being made or ending" : ""));
        } catch (IOException | MachineException unreadable) {
            return unread(directory, runs ? RUNNING : DEAD, unreadable.getMessage());
        }
    }

    private static MachineSummary unread(MachineDirectory directory, String state, String problem) {
        return new MachineSummary(directory.machine(), state, 0, 0, 0, directory.path(), problem);
    }
}
