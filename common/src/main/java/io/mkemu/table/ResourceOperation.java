// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import io.mkemu.abi.ResourceDescriptor;

/** What a host asks of a kernel that runs: the subtypes of MK_MSG_RESOURCE. */
public enum ResourceOperation {
    /** MK_RES_CPU_ADD. */
    CPU_ADD(ResourceDescriptor.CPU_ADD),
    /** MK_RES_CPU_REMOVE. */
    CPU_REMOVE(ResourceDescriptor.CPU_REMOVE),
    /** MK_RES_MEM_ADD. */
    MEMORY_ADD(ResourceDescriptor.MEMORY_ADD),
    /** MK_RES_MEM_REMOVE. */
    MEMORY_REMOVE(ResourceDescriptor.MEMORY_REMOVE),
    /** Whether another one would be done. */
    QUERY(ResourceDescriptor.QUERY);

    private static final ResourceOperation[] ALL = values();
    private final int number;

    ResourceOperation(int number) {
        this.number = number;
    }

    /** Its number in shared memory and in messages. */
    public int number() {
        return number;
    }

    /** The operation of a number; null for a number that is none. */
    public static ResourceOperation of(int number) {
        for (ResourceOperation each : ALL) {
            if (each.number == number) {
                return each;
            }
        }
        return null;
    }
}
