// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

/**
 * One entry per page of the host's memory and the multikernel pool, in the order of their PFNs: which instances the
 * page's owner has shared it with. A page nobody shared has no bit set.
 *
 * <pre>
 *   0                              32
 *  +------------------------------+
 *  | 256 bits: bit i, instance i  |
 *  |          may map             |
 *  +------------------------------+
 * </pre>
 */
public final class PageTableDescriptor {
    /** 256 bits, one per instance id. */
    public static final int GRANTS_OFFSET = 0;
    /** Bytes of an entry. */
    public static final int LENGTH = 32;

    private PageTableDescriptor() {
    }
}
