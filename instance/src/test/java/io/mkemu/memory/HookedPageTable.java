// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import io.mkemu.abi.RamLayout;
import org.agrona.concurrent.UnsafeBuffer;

/** A machine's page table that runs hooks before and after each bit that is set or cleared through it. */
public final class HookedPageTable {
    private HookedPageTable() {
    }

    /** The table, as one more mapping of it, which stays until the process ends. */
    public static PageTable of(PhysicalMemory memory, Runnable before, Runnable after) {
        RamLayout layout = memory.layout();
        Window window = memory.map(layout.pagesAt(), layout.poolMapAt() - layout.pagesAt());
        return new PageTable(new Hooked(window.buffer(), before, after), layout, true);
    }

    private static final class Hooked extends UnsafeBuffer {
        private final Runnable before;
        private final Runnable after;

        private Hooked(UnsafeBuffer table, Runnable before, Runnable after) {
            super(table);
            this.before = before;
            this.after = after;
        }

        @Override
        public boolean compareAndSetLong(int index, long expected, long updated) {
            before.run();
            boolean done = super.compareAndSetLong(index, expected, updated);
            after.run();
            return done;
        }
    }
}
