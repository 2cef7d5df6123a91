// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/** Page and page frame number (PFN) arithmetic. */
public final class Pages {
    /** log2 of the page size. */
    public static final int PAGE_SHIFT = 12;
    /** Bytes of a page. */
    public static final int PAGE_SIZE = 1 << PAGE_SHIFT;

    private Pages() {
    }

    /** The frame that holds a physical address. */
    public static long pfn(long physicalAddress) {
        return physicalAddress >>> PAGE_SHIFT;
    }

    /** The physical address of a frame's first byte. */
    public static long address(long pfn) {
        return pfn << PAGE_SHIFT;
    }

    /** The size rounded up to whole pages. */
    public static long align(long bytes) {
        return (bytes + PAGE_SIZE - 1) & -PAGE_SIZE;
    }

    /** Whole pages that so many bytes take, as far as 31 bits can tell; 0 for a negative size. */
    public static int count(long bytes) {
        return (int) Math.min(Integer.MAX_VALUE, pfn(align(Math.max(0, bytes))));
    }
}
