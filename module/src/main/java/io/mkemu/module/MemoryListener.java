// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/** Is told when its kernel is given memory, or is to give some back, while it runs: {@link Kernel#onMemory}. */
@FunctionalInterface
public interface MemoryListener {
    /**
     * Something becomes of a region. Between interrupts and tasks, on the boot CPU; the host waits 10 s for all modules
     * together. What it throws is logged, and on REMOVING it is a veto.
     *
     * @param change  what
     * @param address the region's first byte
     * @param size    its bytes, of which the first ones are the kernel's own
     * @return on REMOVING null if it may go, else why not, in a few words for people; otherwise it does not count
     */
    String onMemory(MemoryChange change, long address, long size);
}
