// SPDX-License-Identifier: Apache-2.0
package io.mkemu.fdt;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The header (struct fdt_header), checked: each block lies within the file and within the room before the next one. */
record FdtHeader(int structBegin, int structEnd, int stringsBegin, int stringsEnd, int reservationsBegin,
                 int reservationsEnd, int bootCpu) {
    private static final int TOTALSIZE = 4;
    private static final int OFF_DT_STRUCT = 8;
    private static final int OFF_DT_STRINGS = 12;
    private static final int OFF_MEM_RSVMAP = 16;
    private static final int VERSION = 20;
    private static final int LAST_COMP_VERSION = 24;
    private static final int BOOT_CPUID_PHYS = 28;
    private static final int SIZE_DT_STRINGS = 32;
    private static final int SIZE_DT_STRUCT = 36;
    private static final String AGAIN = ": make the file again, as by dtc -I dts -O dtb -V 17";

    /** Reads and checks the header of a whole file. */
    static FdtHeader read(byte[] file) {
        ByteBuffer bytes = ByteBuffer.wrap(file);
        if (!Fdt.isFlattened(file)) {
            throw new FdtException(0, "does not begin with 0xd00dfeed, the magic number of a compiled tree"
                + ": name a .dtb or .dtbo file");
        }
        if (file.length < Fdt.HEADER_16) {
            throw new FdtException(file.length, "ends here, within the header of " + Fdt.HEADER_16
                + " bytes: the file is cut off, copy or make it again");
        }
        checkVersion(bytes);
        boolean hasStructSize = unsigned(bytes, VERSION) >= Fdt.VERSION;
        int headerSize = hasStructSize ? Fdt.HEADER_17 : Fdt.HEADER_16;
        int total = checkTotalSize(file, bytes, headerSize);
        int structBegin = block(bytes, OFF_DT_STRUCT, "off_dt_struct", Fdt.TOKEN, headerSize, total);
        int stringsBegin = block(bytes, OFF_DT_STRINGS, "off_dt_strings", 1, headerSize, total);
        int reservations = block(bytes, OFF_MEM_RSVMAP, "off_mem_rsvmap", Fdt.RESERVATION_ALIGN, headerSize, total);
        List<Integer> begins = new ArrayList<>(List.of(structBegin, reservations));
        if (unsigned(bytes, SIZE_DT_STRINGS) > 0) {
            begins.add(stringsBegin);
        }
        if (begins.stream().distinct().count() < begins.size()) {
            throw new FdtException(OFF_DT_STRUCT, "two blocks of the tree begin at the same offset" + AGAIN);
        }
        int structRoom = room(structBegin, begins, total);
        int structEnd = hasStructSize ? end(bytes, SIZE_DT_STRUCT, "size_dt_struct", structBegin, structRoom)
            : structRoom;
        return new FdtHeader(structBegin, structEnd, stringsBegin,
            end(bytes, SIZE_DT_STRINGS, "size_dt_strings", stringsBegin, room(stringsBegin, begins, total)),
            reservations, room(reservations, begins, total), bytes.getInt(BOOT_CPUID_PHYS));
    }

    private static void checkVersion(ByteBuffer bytes) {
        long version = unsigned(bytes, VERSION);
        long compatible = unsigned(bytes, LAST_COMP_VERSION);
        if (version < Fdt.LAST_COMPATIBLE) {
            throw new FdtException(VERSION, "version is " + version + ", read are 16 and 17" + AGAIN);
        }
        if (compatible > Fdt.VERSION) {
            throw new FdtException(LAST_COMP_VERSION, "last_comp_version is " + compatible
                + ", but only the layouts of versions 16 and 17 are known" + AGAIN);
        }
        if (compatible > version) {
            throw new FdtException(LAST_COMP_VERSION, "last_comp_version " + compatible + " is above version " + version
                + AGAIN);
        }
    }

    private static int checkTotalSize(byte[] file, ByteBuffer bytes, int headerSize) {
        long total = unsigned(bytes, TOTALSIZE);
        if (total > file.length) {
            throw new FdtException(TOTALSIZE, "totalsize says " + total + " bytes, the file has " + file.length
                + ": it is cut off, copy or make it again");
        }
        if (total < headerSize) {
            throw new FdtException(TOTALSIZE, "totalsize says " + total + " bytes, less than the header of "
                + headerSize + AGAIN);
        }
        for (int at = (int) total; at < file.length; at++) {
            if (file[at] != 0) {
                throw new FdtException(at, "the tree of " + total + " bytes ends before this byte, which belongs to "
                    + "something else: name a file that holds one tree");
            }
        }
        return (int) total;
    }

    private static int block(ByteBuffer bytes, int field, String name, int align, int headerSize, int total) {
        long begin = unsigned(bytes, field);
        if (begin < headerSize || begin > total) {
            throw new FdtException(field, name + " is " + begin + ", expected an offset from " + headerSize
                + " to totalsize " + total + AGAIN);
        }
        if (begin % align != 0) {
            throw new FdtException(field, name + " is " + begin + ", expected a multiple of " + align + AGAIN);
        }
        return (int) begin;
    }

    /** Where the block that begins here has to end at the latest. */
    private static int room(int begin, List<Integer> begins, int total) {
        return begins.stream().filter(other -> other > begin).min(Integer::compare).orElse(total);
    }

    private static int end(ByteBuffer bytes, int field, String name, int begin, int room) {
        long size = unsigned(bytes, field);
        if (size > room - begin) {
            throw new FdtException(field, name + " is " + size + ", but from the begin of the block at " + begin
                + " there are " + (room - begin) + " bytes to the next block or the end" + AGAIN);
        }
        return begin + (int) size;
    }

    private static long unsigned(ByteBuffer bytes, int field) {
        return Integer.toUnsignedLong(bytes.getInt(field));
    }
}
