// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import io.mkemu.abi.Pages;

/**
 * A stretch of physical memory. Immutable; what was read from shared memory may be no real stretch: ask
 * {@link #liesIn} first.
 *
 * @param address first byte
 * @param size    bytes
 */
public record Region(long address, long size) {
    /** Whether it is whole pages, none of them page 0, of a RAM of so many bytes. */
    public boolean liesIn(long ramSize) {
        return address > 0 && size > 0 && ((address | size) & Pages.PAGE_SIZE - 1) == 0 && address <= ramSize - size;
    }
}
