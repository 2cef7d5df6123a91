// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Window;

/** An instance's IPI area, mk_shared_data in the RFC: made by the host, mapped by its owner and by every sender. */
public final class IpiArea {
    private IpiArea() {
    }

    /** Bytes of the area of an instance with so many CPUs on this machine, whole pages. */
    public static long length(PhysicalMemory memory, int cpus) {
        return memory.mailbox().areaLength(memory.layout(), cpus);
    }

    /** Zeroes the area and makes it an empty one: to be done before it is published. */
    public static void format(PhysicalMemory memory, long address, int cpus) {
        try (Window window = memory.map(address, length(memory, cpus))) {
            window.buffer().setMemory(0, window.buffer().capacity(), (byte) 0);
            memory.mailbox().format(window.buffer(), memory.layout(), cpus);
        }
    }

    /**
     * Maps an instance's area and holds it against this machine's layout.
     *
     * @throws MachineException if the area was made for another layout or does not lie in its owner's pool
     */
    public static Window map(PhysicalMemory memory, InstanceEntry owner, long address) {
        int cpus = owner.cpus().length;
        long length = length(memory, cpus);
        if (!InstancePool.owns(owner.regions(), address, length)) {
            throw new MachineException(ExitCode.MACHINE, "IPI area of instance " + owner.id() + " at 0x"
                + Long.toHexString(address) + "+" + length
                + " is outside its pool (-ENOMEM); mk_ipi_shared= must be the address that the host gave");
        }
        Window window = memory.map(address, length);
        String problem = memory.mailbox().problem(window.buffer(), memory.layout(), cpus);
        if (problem != null) {
            window.close();
            throw new MachineException(ExitCode.MACHINE, "IPI area of instance " + owner.id() + " at 0x"
                + Long.toHexString(address) + " " + problem + "; rebuild both sides from one mkemu");
        }
        return window;
    }
}
