// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.table.InstanceEntry;
import org.agrona.concurrent.UnsafeBuffer;

/** Memory filled with a pattern, to be looked at later: who wrote into it had no business there. */
final class Neighbour {
    private static final byte PATTERN = 0x5a;

    private final UnsafeBuffer memory;

    private Neighbour(UnsafeBuffer memory) {
        this.memory = memory;
        memory.setMemory(0, memory.capacity(), PATTERN);
    }

    /** Allocates memory of an instance and fills it. */
    static Neighbour allocate(Stage stage, InstanceEntry owner, long size) {
        return new Neighbour(stage.map(stage.allocate(owner, size), size).buffer());
    }

    /**
     * Allocates the memory that begins at this address.
     *
     * @throws HazardException if it is taken
     */
    static Neighbour behind(Stage stage, InstanceEntry owner, long address, long size) {
        long got = stage.allocate(owner, size);
        if (got != address) {
            throw new HazardException("memory at 0x" + Long.toHexString(address) + " of instance " + owner.name()
                + " is taken, got 0x" + Long.toHexString(got));
        }
        return new Neighbour(stage.map(got, size).buffer());
    }

    /** Bytes that do not hold the pattern any more. */
    int damagedBytes() {
        int damaged = 0;
        for (int at = 0; at < memory.capacity(); at++) {
            if (memory.getByte(at) != PATTERN) {
                damaged++;
            }
        }
        return damaged;
    }
}
