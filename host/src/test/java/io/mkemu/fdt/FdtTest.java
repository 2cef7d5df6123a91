// SPDX-License-Identifier: Apache-2.0
package io.mkemu.fdt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FdtTest {
    /* Where things of the tree below are. */
    private static final int STRUCT = 0x58;
    private static final int STRINGS = 0xa8;
    private static final FlatTree TREE = new FlatTree(
        List.of(new FlatTree.Reservation(0x1000, 1L << 40), new FlatTree.Reservation(0, 16)), 3, new FlatNode("",
        List.of(new FlatProperty("id", new byte[] {0, 0, 0, 7}, 0), new FlatProperty("none", new byte[0], 0)),
        List.of(new FlatNode("cpu@1", List.of(new FlatProperty("id", new byte[] {1, 2, 3, 4, 5}, 0)), List.of(), 0)),
        0));

    private static byte[] spoilt(Consumer<ByteBuffer> mistake) {
        byte[] file = FdtWriter.write(TREE);
        mistake.accept(ByteBuffer.wrap(file));
        return file;
    }

    private static void assertRefused(byte[] file, int offset, String words) {
        FdtException e = assertThrows(FdtException.class, () -> FdtReader.read(file));
        assertTrue(e.getMessage().contains(words), e.getMessage());
        assertEquals(Integer.toHexString(offset), Integer.toHexString(e.offset()), e.getMessage());
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
    }

    @Test
    void readsWhatItWrites() {
        byte[] file = FdtWriter.write(TREE);
        FlatTree read = FdtReader.read(file);
        assertEquals(TREE, read);
        assertTrue(Fdt.isFlattened(file));
        FlatNode root = read.root();
        assertEquals(STRUCT, root.offset());
        assertEquals(STRUCT + 8, root.properties().getFirst().offset());
        assertEquals(7, file[root.properties().getFirst().valueOffset() + 3]);
        assertEquals(STRINGS + "id\0none\0".length(), file.length, "each name stands once");
    }

    /** Version 16 has no size_dt_struct: the block reaches to the next one. Zeros behind the tree are padding. */
    @Test
    void readsVersion16AndPadding() {
        byte[] file = spoilt(bytes -> bytes.putInt(20, 16).putInt(36, -1));
        assertEquals(TREE, FdtReader.read(file));
        assertEquals(TREE, FdtReader.read(Arrays.copyOf(file, 4096)));
        assertEquals(TREE, FdtReader.read(spoilt(bytes -> bytes.putInt(20, 18))), "a later one that 17 understands");
    }

    @Test
    void skipsNops() {
        byte[] file = spoilt(bytes -> bytes.putInt(STRUCT + 24, Fdt.FDT_NOP).putInt(STRUCT + 28, Fdt.FDT_NOP)
            .putInt(STRUCT + 32, Fdt.FDT_NOP));
        FlatNode root = FdtReader.read(file).root();
        assertEquals(List.of("id"), root.properties().stream().map(FlatProperty::name).toList());
        assertEquals(1, root.children().size());
    }

    /** A word of the file is replaced; the error stands at that word unless it says another place. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        0x00 | 0xd00dfeee | 0x00 | magic number of a compiled tree: name a .dtb
        0x04 | 0x100      | 0x04 | totalsize says 256 bytes, the file has 176: it is cut off
        0x04 | 0xffffffff | 0x04 | totalsize says 4294967295 bytes
        0x04 | 0x24       | 0x04 | less than the header of 40
        0x08 | 0x5a       | 0x08 | off_dt_struct is 90, expected a multiple of 4
        0x08 | 0x20       | 0x08 | off_dt_struct is 32, expected an offset from 40 to totalsize 176
        0x08 | 0xfffffffc | 0x08 | off_dt_struct is 4294967292
        0x08 | 0x28       | 0x08 | two blocks of the tree begin at the same offset
        0x0c | 0xbd       | 0x0c | off_dt_strings is 189
        0x0c | 0x60       | 0x24 | size_dt_struct is 80, but from the begin of the block at 88 there are 8
        0x10 | 0x2c       | 0x10 | off_mem_rsvmap is 44, expected a multiple of 8
        0x10 | 0x50       | 0x50 | the memory reservation block has no end
        0x14 | 15         | 0x14 | version is 15, read are 16 and 17
        0x18 | 18         | 0x18 | last_comp_version is 18, but only the layouts
        0x20 | 0x100      | 0x20 | size_dt_strings is 256
        0x24 | 0x10000000 | 0x24 | size_dt_struct is 268435456
        0x24 | 0x48       | 0xa0 | the structure block ends here, before its FDT_END
        0x58 | 3          | 0x58 | found FDT_PROP, expected FDT_BEGIN_NODE of the root node
        0x5c | 0x61000000 | 0x5c | the root node is named 'a', expected no name
        0x60 | 9          | 0x60 | found FDT_END, expected FDT_PROP, FDT_BEGIN_NODE or the FDT_END_NODE of node ''
        0x60 | 0xabc      | 0x60 | found 0xabc, which is no token
        0x64 | 0x7fffffff | 0x64 | property 'id' says that it has 2147483647 bytes, but there are 60
        0x64 | 0xfffffffe | 0x64 | property 'id' says that it has 4294967294 bytes
        0x68 | 8          | 0x68 | a property's name is at 8 of the strings block, which has 8 bytes
        0x68 | 2          | 0xaa | a property has no name
        0x78 | 0          | 0x70 | duplicate property 'id': it is already at offset 0x60
        0x80 | 0x63ff7540 | 0x81 | the name of a node has the byte 0xff
        0x80 | 0          | 0x80 | a node is named '', expected name or name@address
        0x84 | 0          | 0x80 | a node is named 'cpu@', expected name or name@address
        0xa0 | 1          | 0xa4 | a node is named ''
        0xa4 | 2          | 0xa4 | found FDT_END_NODE, expected FDT_END behind the root node
        0xac | 0x6f6e6578 | 0xab | has no end within the strings block
        """)
    void refuses(String at, String word, String place, String words) {
        byte[] file = spoilt(bytes -> bytes.putInt(Integer.decode(at), Long.decode(word).intValue()));
        assertRefused(file, Integer.decode(place), words);
    }

    @Test
    void refusesCutFiles() {
        byte[] file = FdtWriter.write(TREE);
        for (int length = 0; length < file.length; length++) {
            byte[] cut = Arrays.copyOf(file, length);
            assertThrows(FdtException.class, () -> FdtReader.read(cut), () -> "of " + cut.length + " bytes");
        }
        assertRefused(Arrays.copyOf(file, 20), 20, "ends here, within the header");
        byte[] more = Arrays.copyOf(file, file.length + 8);
        more[file.length + 3] = 1;
        assertRefused(more, file.length + 3, "which belongs to something else");
    }

    @Test
    void refusesDeepNesting() {
        FlatNode node = new FlatNode("n", List.of(), List.of(), 0);
        for (int depth = 2; depth < Fdt.MAX_DEPTH; depth++) {
            node = new FlatNode("n", List.of(), List.of(node), 0);
        }
        FlatTree deepest = new FlatTree(new FlatNode("", List.of(), List.of(node), 0));
        byte[] file = FdtWriter.write(deepest);
        assertEquals(deepest, FdtReader.read(file));
        FlatTree deeper = new FlatTree(new FlatNode("", List.of(),
            List.of(new FlatNode("n", List.of(), List.of(node), 0)), 0));
        assertThrows(IllegalArgumentException.class, () -> FdtWriter.write(deeper));
        /* The innermost node opens another one in place of its end. */
        ByteBuffer longer = ByteBuffer.wrap(Arrays.copyOf(file, file.length + 12));
        int innermost = 56 + 8 * (Fdt.MAX_DEPTH - 1);
        longer.position(innermost + 8).put(file, innermost, 8).putInt(Fdt.FDT_END_NODE)
            .put(file, innermost + 8, file.length - innermost - 8);
        longer.putInt(4, longer.capacity()).putInt(12, longer.capacity()).putInt(36, longer.getInt(36) + 12);
        assertRefused(longer.array(), innermost + 8, "nested deeper than 64 levels");
    }

    @Test
    void refusesToWriteNamesThatNoTreeHas() {
        for (String name : List.of("a b", "\u00e9", "a/b")) {
            FlatNode node = new FlatNode(name, List.of(), List.of(), 0);
            FlatTree tree = new FlatTree(new FlatNode("", List.of(), List.of(node), 0));
            assertThrows(IllegalArgumentException.class, () -> FdtWriter.write(tree));
        }
        assertThrows(IllegalArgumentException.class, () -> FdtWriter.write(new FlatTree(TREE.root().children()
            .getFirst())));
        assertThrows(IllegalArgumentException.class, () -> new FlatTree.Reservation(0, 0));
    }
}
