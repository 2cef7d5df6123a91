// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * One entry per page of the host's memory and the multikernel pool, in the order of their PFNs: which instances the
 * page's owner has shared it with, and which instances have it mapped. A page nobody shared and nobody mapped has no
 * bit set. An entry is one cache line.
 *
 * <pre>
 *   0                              32                             64
 *  +------------------------------+------------------------------+
 *  | 256 bits: bit i, instance i  | 256 bits: bit i, instance i  |
 *  |          may map             |          has it mapped       |
 *  +------------------------------+------------------------------+
 *    written by the page's owner    written by the instance itself
 * </pre>
 *
 * Host: both, once the writer is dead.
 */
public final class PageTableDescriptor {
    /** 256 bits, one per instance id: may map. */
    public static final int GRANTS_OFFSET = 0;
    /** 256 bits, one per instance id: has the page mapped, or is about to. */
    public static final int MAPPED_OFFSET = 32;
    /** Bytes of each of the two sets. */
    public static final int SET_LENGTH = 32;
    /** Bytes of an entry. */
    public static final int LENGTH = 64;

    private PageTableDescriptor() {
    }
}
