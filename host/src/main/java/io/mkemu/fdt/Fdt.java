// SPDX-License-Identifier: Apache-2.0
package io.mkemu.fdt;

/** The numbers of the flattened format, by the names of the Devicetree Specification, chapter 5. */
public final class Fdt {
    /** Nodes nest no deeper than this, the root counted. */
    public static final int MAX_DEPTH = 64;
    /** The longest file that is read. */
    public static final int MAX_BYTES = 1 << 20;

    static final int MAGIC = 0xd00dfeed;
    static final int FDT_BEGIN_NODE = 1;
    static final int FDT_END_NODE = 2;
    static final int FDT_PROP = 3;
    static final int FDT_NOP = 4;
    static final int FDT_END = 9;
    /** The version that is written, and the highest whose layout is known. */
    static final int VERSION = 17;
    /** The oldest version that is read, and the oldest by which a reader understands what is written. */
    static final int LAST_COMPATIBLE = 16;
    /** Of the header of version 16, which has no size_dt_struct. */
    static final int HEADER_16 = 36;
    static final int HEADER_17 = 40;
    /** Bytes of an entry of the memory reservation block, which begins at a multiple of {@link #RESERVATION_ALIGN}. */
    static final int RESERVATION = 16;
    static final int RESERVATION_ALIGN = 8;
    static final int TOKEN = 4;

    private Fdt() {
    }

    /** Whether a file begins as a flattened tree does. */
    public static boolean isFlattened(byte[] file) {
        return file.length >= TOKEN && (file[0] & 0xff) == MAGIC >>> 24 && (file[1] & 0xff) == (MAGIC >>> 16 & 0xff)
            && (file[2] & 0xff) == (MAGIC >>> 8 & 0xff) && (file[3] & 0xff) == (MAGIC & 0xff);
    }

    /** Whether a name is made of the characters that dtc reads in names of nodes and properties. */
    static boolean isNameByte(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || ",._+*#?@-".indexOf(c) >= 0;
    }

    /** The next multiple of 4. */
    static int align(int length) {
        return length + TOKEN - 1 & -TOKEN;
    }
}
