// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.ipi.MkIpiData;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Pages one behind the other, as {@link Kernel#sendPages} sends them. What a message says, which nobody has checked:
 * only {@link Kernel#receiveMapPages} does.
 *
 * @param pfn   of the first page
 * @param pages how many
 * @param tag   what the sender says with them
 */
public record PageRange(long pfn, long pages, long tag) {
    /** Most pages of a range: what one window can show, whose length is an int. */
    public static final int MOST = Integer.MAX_VALUE / Pages.PAGE_SIZE;

    /** Physical address of the first byte. */
    public long address() {
        return Pages.address(pfn);
    }

    /** Bytes. */
    public long size() {
        return Pages.address(pages);
    }

    /**
     * The range that a message carries; the page of a PFN message is a range of one, with tag 0.
     *
     * @return it, or null: no data, or a message of neither kind, or of another size
     */
    public static PageRange of(MkIpiData data) {
        if (data == null) {
            return null;
        }
        int type = data.type();
        /* Taken once: the size of a live slot can change between two looks. */
        DirectBuffer payload = data.buffer();
        if (type == MkIpiDataDescriptor.PAGES_IPI_TYPE && payload.capacity() == MkIpiDataDescriptor.PAGES_SIZE) {
            return decode(payload);
        }
        return type == MkIpiDataDescriptor.PFN_IPI_TYPE && payload.capacity() == MkIpiDataDescriptor.PFN_SIZE
            ? new PageRange(payload.getLong(0, ByteOrder.LITTLE_ENDIAN), 1, 0) : null;
    }

    /** What the payload of a message says that carries one. */
    public static PageRange decode(DirectBuffer payload) {
        return new PageRange(payload.getLong(MkIpiDataDescriptor.PAGES_PFN_OFFSET, ByteOrder.LITTLE_ENDIAN),
            payload.getLong(MkIpiDataDescriptor.PAGES_COUNT_OFFSET, ByteOrder.LITTLE_ENDIAN),
            payload.getLong(MkIpiDataDescriptor.PAGES_TAG_OFFSET, ByteOrder.LITTLE_ENDIAN));
    }

    /** Writes the payload of a message that carries it: {@link MkIpiDataDescriptor#PAGES_SIZE} bytes. */
    public void encode(MutableDirectBuffer payload) {
        payload.putLong(MkIpiDataDescriptor.PAGES_PFN_OFFSET, pfn, ByteOrder.LITTLE_ENDIAN);
        payload.putLong(MkIpiDataDescriptor.PAGES_COUNT_OFFSET, pages, ByteOrder.LITTLE_ENDIAN);
        payload.putLong(MkIpiDataDescriptor.PAGES_TAG_OFFSET, tag, ByteOrder.LITTLE_ENDIAN);
    }
}
