// SPDX-License-Identifier: Apache-2.0
package io.mkemu.fdt;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a flattened device tree (.dtb, .dtbo) of version 16 or 17. Every length and offset is checked before it is
 * used, so that of no bytes anything else becomes than a tree or an {@link FdtException}.
 */
public final class FdtReader {
    private final ByteBuffer bytes;
    private final FdtHeader header;
    /** Offset of the next token in the structure block. */
    private int at;

    private FdtReader(byte[] file) {
        bytes = ByteBuffer.wrap(file);
        header = FdtHeader.read(file);
        at = header.structBegin();
    }

    /**
     * Reads a whole file.
     *
     * @throws FdtException at the first thing that is wrong
     */
    public static FlatTree read(byte[] file) {
        FdtReader reader = new FdtReader(file);
        List<FlatTree.Reservation> reservations = reader.reservations();
        return new FlatTree(reservations, reader.header.bootCpu(), reader.root());
    }

    private List<FlatTree.Reservation> reservations() {
        List<FlatTree.Reservation> reservations = new ArrayList<>();
        for (int entry = header.reservationsBegin();; entry += Fdt.RESERVATION) {
            if (header.reservationsEnd() - entry < Fdt.RESERVATION) {
                throw new FdtException(entry, "the memory reservation block has no end: an entry of 16 zero bytes ends "
                    + "it; make the file again");
            }
            long address = bytes.getLong(entry);
            long size = bytes.getLong(entry + Long.BYTES);
            if (address == 0 && size == 0) {
                return reservations;
            }
            reservations.add(new FlatTree.Reservation(address, size));
        }
    }

    private FlatNode root() {
        int begin = at;
        int token = token();
        if (token != Fdt.FDT_BEGIN_NODE) {
            throw unexpected(token, "FDT_BEGIN_NODE of the root node");
        }
        FlatNode root = node(begin, 1);
        token = token();
        if (token != Fdt.FDT_END) {
            throw unexpected(token, "FDT_END behind the root node");
        }
        return root;
    }

    /** Reads what follows a FDT_BEGIN_NODE. */
    private FlatNode node(int begin, int depth) {
        if (depth > Fdt.MAX_DEPTH) {
            throw new FdtException(begin, "this node is nested deeper than " + Fdt.MAX_DEPTH
                + " levels: use fewer levels");
        }
        String name = nodeName(begin, depth == 1);
        List<FlatProperty> properties = new ArrayList<>();
        List<FlatNode> children = new ArrayList<>();
        Map<String, Integer> propertyNames = new HashMap<>();
        Map<String, Integer> childNames = new HashMap<>();
        while (true) {
            int token = token();
            int place = at - Fdt.TOKEN;
            switch (token) {
                case Fdt.FDT_END_NODE -> {
                    return new FlatNode(name, properties, children, begin);
                }
                case Fdt.FDT_PROP -> {
                    FlatProperty property = property(place);
                    refuseSecond("property", property.name(), place, propertyNames);
                    properties.add(property);
                }
                case Fdt.FDT_BEGIN_NODE -> {
                    FlatNode child = node(place, depth + 1);
                    refuseSecond("node", child.name(), place, childNames);
                    children.add(child);
                }
                default -> throw unexpected(token, "FDT_PROP, FDT_BEGIN_NODE or the FDT_END_NODE of node '" + name
                    + "'");
            }
        }
    }

    private static void refuseSecond(String what, String name, int place, Map<String, Integer> places) {
        Integer first = places.putIfAbsent(name, place);
        if (first != null) {
            throw new FdtException(place, "duplicate " + what + " '" + name + "': it is already at offset 0x"
                + Integer.toHexString(first) + "; rename or remove one");
        }
    }

    private String nodeName(int begin, boolean isRoot) {
        int end = terminator(at, header.structEnd());
        if (end < 0) {
            throw new FdtException(at, "the name of this node has no end within the structure block: make the file "
                + "again");
        }
        String name = name(at, end, "node");
        if (isRoot && !name.isEmpty()) {
            throw new FdtException(at, "the root node is named '" + name + "', expected no name: make the file again");
        }
        if (!isRoot && !name.matches("[^@]+(@[^@]+)?")) {
            throw new FdtException(at, "a node is named '" + name + "', expected name or name@address: rename it");
        }
        at = alignedEnd(end + 1);
        return name;
    }

    private FlatProperty property(int place) {
        if (header.structEnd() - at < 2 * Fdt.TOKEN) {
            throw new FdtException(place, "this property is cut off by the end of the structure block: make the file "
                + "again");
        }
        long length = Integer.toUnsignedLong(bytes.getInt(at));
        long nameAt = Integer.toUnsignedLong(bytes.getInt(at + Fdt.TOKEN));
        int strings = header.stringsEnd() - header.stringsBegin();
        if (nameAt >= strings) {
            throw new FdtException(at + Fdt.TOKEN, "a property's name is at " + nameAt + " of the strings block, which "
                + "has " + strings + " bytes: make the file again");
        }
        int nameBegin = header.stringsBegin() + (int) nameAt;
        int nameEnd = terminator(nameBegin, header.stringsEnd());
        if (nameEnd < 0) {
            throw new FdtException(nameBegin, "a property's name has no end within the strings block: make the file "
                + "again");
        }
        String name = name(nameBegin, nameEnd, "property");
        if (name.isEmpty()) {
            throw new FdtException(nameBegin, "a property has no name: give it one");
        }
        int valueAt = at + 2 * Fdt.TOKEN;
        if (length > header.structEnd() - valueAt) {
            throw new FdtException(at, "property '" + name + "' says that it has " + length + " bytes, but there are "
                + (header.structEnd() - valueAt) + " to the end of the structure block: make the file again");
        }
        byte[] value = new byte[(int) length];
        bytes.get(valueAt, value);
        at = alignedEnd(valueAt + (int) length);
        return new FlatProperty(name, value, place);
    }

    /** Where the 0 stands that ends a string, or -1 if there is none before the limit. */
    private int terminator(int begin, int limit) {
        for (int end = begin; end < limit; end++) {
            if (bytes.get(end) == 0) {
                return end;
            }
        }
        return -1;
    }

    private String name(int begin, int end, String what) {
        byte[] name = new byte[end - begin];
        bytes.get(begin, name);
        for (int i = 0; i < name.length; i++) {
            if (!Fdt.isNameByte(name[i])) {
                throw new FdtException(begin + i, "the name of a " + what + " has the byte 0x"
                    + Integer.toHexString(name[i] & 0xff) + ", expected letters, digits and , . _ + * # ? @ -: rename "
                    + "it");
            }
        }
        return new String(name, StandardCharsets.US_ASCII);
    }

    /** The next multiple of 4, as the block counts from its own begin, which is one. */
    private int alignedEnd(int end) {
        return Math.min(Fdt.align(end), header.structEnd());
    }

    private int token() {
        int token;
        do {
            if (header.structEnd() - at < Fdt.TOKEN) {
                throw new FdtException(at, "the structure block ends here, before its FDT_END: make the file again");
            }
            token = bytes.getInt(at);
            at += Fdt.TOKEN;
        } while (token == Fdt.FDT_NOP);
        return token;
    }

    private FdtException unexpected(int token, String right) {
        String found = switch (token) {
            case Fdt.FDT_BEGIN_NODE -> "FDT_BEGIN_NODE";
            case Fdt.FDT_END_NODE -> "FDT_END_NODE";
            case Fdt.FDT_PROP -> "FDT_PROP";
            case Fdt.FDT_END -> "FDT_END";
            default -> "0x" + Integer.toHexString(token) + ", which is no token";
        };
        return new FdtException(at - Fdt.TOKEN, "found " + found + ", expected " + right + ": make the file again");
    }
}
