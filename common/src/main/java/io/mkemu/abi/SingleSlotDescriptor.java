// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * An instance's IPI area in single-slot mode: the RFC's struct mk_shared_data, one struct mk_ipi_data for each
 * <em>physical</em> CPU id of the machine, NR_CPUS of them. Nothing else: no header, no version.
 *
 * <pre>
 *   0               272             544                    nr_cpus * 272
 *  +---------------+---------------+---- ... -------------+
 *  | slot, CPU 0   | slot, CPU 1   |                      |
 *  +---------------+---------------+---- ... -------------+
 * </pre>
 */
public final class SingleSlotDescriptor {
    /** Bytes of a slot: sizeof(struct mk_ipi_data). */
    public static final int SLOT_LENGTH = MkIpiDataDescriptor.LENGTH;

    private SingleSlotDescriptor() {
    }

    /** Offset of a CPU's slot. */
    public static int slotAt(int physicalCpu) {
        return physicalCpu * SLOT_LENGTH;
    }

    /** Bytes of the slots of all CPUs: sizeof(struct mk_shared_data). */
    public static long areaLength(int nrCpus) {
        return (long) nrCpus * SLOT_LENGTH;
    }
}
