// SPDX-License-Identifier: Apache-2.0
package io.mkemu.fdt;

import java.util.List;

/**
 * A device tree as the flattened format holds it: nothing in it has a meaning yet. Two are equal if they say the same,
 * wherever it stands in their files.
 *
 * @param reservations the memory reservation block, without its end
 * @param bootCpu      boot_cpuid_phys: physical id of the CPU that boots
 * @param root         the root node, whose name is empty
 */
public record FlatTree(List<Reservation> reservations, int bootCpu, FlatNode root) {
    public FlatTree {
        reservations = List.copyOf(reservations);
    }

    /** A tree without reservations that CPU 0 boots. */
    public FlatTree(FlatNode root) {
        this(List.of(), 0, root);
    }

    /**
     * Memory that an operating system must not use.
     *
     * @param address unsigned
     * @param size    bytes, unsigned; the entry with address and size 0 ends the block, so it cannot stand in it
     */
    public record Reservation(long address, long size) {
        public Reservation {
            if (address == 0 && size == 0) {
                throw new IllegalArgumentException("an empty reservation at 0 would end the block");
            }
        }
    }
}
