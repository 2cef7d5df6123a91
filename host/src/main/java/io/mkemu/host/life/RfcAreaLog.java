// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.Errno;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import java.util.Locale;

/**
 * What the RFC's code writes to the host's kernel log when it makes or takes away an IPI area, word for word and at its
 * levels; only in a machine whose tree has ipi-log. Under the host's lock.
 */
final class RfcAreaLog {
    private final HostedMachine machine;
    private final boolean on;

    RfcAreaLog(HostedMachine machine) {
        this.machine = machine;
        this.on = machine.plan().spec().ipiLog();
    }

    /** mk_instance_ipi_create has returned. */
    void created(InstanceEntry entry, int result) {
        if (!on) {
            return;
        }
        int id = entry.id();
        if (result == 0) {
            try (Window area = machine.mapped().interconnect().mapArea(entry, entry.ipiArea())) {
                String virtual = virtual(area);
                machine.say(LogLevel.DEBUG, "Allocated IPI buffer: " + where(entry.ipiArea(), virtual,
                    entry.ipiAreaSize()));
                machine.say(LogLevel.INFO, "Created IPI data for instance " + id + " (" + entry.name() + "): virt="
                    + virtual + ", size=" + entry.ipiAreaSize() + " bytes");
            }
        } else if (result == -Errno.ENODEV) {
            machine.say(LogLevel.ERR, "Instance " + id + " has no memory pool for IPI allocation");
        } else if (result == -Errno.EEXIST) {
            machine.say(LogLevel.ERR, "IPI data already exists for instance " + id);
        } else if (result == -Errno.ENOMEM) {
            machine.say(LogLevel.ERR, "Failed to allocate "
                + machine.mapped().interconnect().areaLength(entry.cpus().length) + " bytes for IPI buffer");
            machine.say(LogLevel.ERR, "Failed to allocate IPI shared memory for instance " + id);
        }
    }

    /**
     * mk_instance_ipi_destroy.
     *
     * @param area its address, 0 if the instance has none: nothing is said then
     * @param size its size
     */
    void destroyed(int instanceId, long area, long size) {
        if (on && area != 0) {
            machine.say(LogLevel.DEBUG, "Destroying IPI data for instance " + instanceId);
            try (Window window = machine.memory().map(area, size)) {
                machine.say(LogLevel.DEBUG, "Freed IPI buffer: " + where(area, virtual(window), size));
            }
        }
    }

    private static String where(long physical, String virtual, long size) {
        return "phys=0x" + Long.toHexString(physical) + ", virt=" + virtual + ", size=" + size;
    }

    /** As %px prints it. */
    private static String virtual(Window window) {
        return String.format(Locale.ROOT, "%016x", window.buffer().addressOffset());
    }
}
