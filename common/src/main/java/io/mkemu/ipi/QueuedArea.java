// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.ipi.QueuedMailboxDescriptor.*;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.memory.Pages;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Window;

/** An instance's IPI area in queued mode: made by the host, mapped by its owner and by every sender. */
public final class QueuedArea {
    private QueuedArea() {
    }

    /** Bytes of the area of an instance with so many CPUs on this machine, whole pages. */
    public static long length(PhysicalMemory memory, int cpus) {
        return Pages.align(areaLength(memory.layout().nrCpus(), memory.layout().ipiSlots(), cpus));
    }

    /** Zeroes the area, then says what it is: to be done before it is published. */
    public static void format(PhysicalMemory memory, long address, int cpus) {
        try (Window window = memory.map(address, length(memory, cpus))) {
            window.buffer().setMemory(0, window.buffer().capacity(), (byte) 0);
            window.buffer().putInt(NR_CPUS_OFFSET, memory.layout().nrCpus());
            window.buffer().putInt(SLOTS_OFFSET, memory.layout().ipiSlots());
            window.buffer().putInt(CPUS_OFFSET, cpus);
            window.buffer().putLongRelease(MAGIC_OFFSET, MAGIC);
        }
    }

    /**
     * Maps an instance's area and holds it against this machine's layout.
     *
     * @throws MachineException if the area was made for another layout or does not lie in RAM
     */
    public static Window map(PhysicalMemory memory, InstanceEntry owner, long address) {
        int cpus = owner.cpus().length;
        long length = length(memory, cpus);
        Window window = memory.map(address, length);
        if (window.buffer().getLongAcquire(MAGIC_OFFSET) != MAGIC
            || window.buffer().getInt(NR_CPUS_OFFSET) != memory.layout().nrCpus()
            || window.buffer().getInt(SLOTS_OFFSET) != memory.layout().ipiSlots()
            || window.buffer().getInt(CPUS_OFFSET) != cpus) {
            window.close();
            throw new MachineException(ExitCode.MACHINE, "IPI area of instance " + owner.id() + " at 0x"
                + Long.toHexString(address) + " is not a queued area for " + memory.layout().nrCpus() + " CPUs x "
                + memory.layout().ipiSlots() + " slots; rebuild both sides from one mkemu");
        }
        return window;
    }
}
