// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.memory.ResourceTree.Resource;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResourceTreeTest {
    private final ResourceTree tree = new ResourceTree();

    @Test
    void nestsByContainmentInWhateverOrder() {
        assertTrue(tree.insert("inner", 0x2000, 0x1000));
        assertTrue(tree.insert("after", 0x9000, 0x1000));
        assertTrue(tree.insert("outer", 0x1000, 0x4000));
        assertTrue(tree.insert("innermost", 0x2800, 0x10));
        assertTrue(tree.insert("beside", 0x1000, 0x1000));
        assertTrue(tree.insert("all", 0, 0x1_0000_0000L));
        assertEquals("""
            00000000-ffffffff : all
              00001000-00004fff : outer
                00001000-00001fff : beside
                00002000-00002fff : inner
                  00002800-0000280f : innermost
              00009000-00009fff : after
            """.replace("\n", System.lineSeparator()), tree.toString());
    }

    @Test
    void refusesWhatCutsThroughAnother() {
        tree.insert("outer", 0x1000, 0x4000);
        tree.insert("first", 0x1000, 0x1000);
        tree.insert("second", 0x3000, 0x1000);
        List<Resource> before = tree.resources();
        assertFalse(tree.insert("low", 0x800, 0x1000));
        assertFalse(tree.insert("high", 0x4000, 0x2000));
        assertFalse(tree.insert("across", 0x1800, 0x2000));
        assertFalse(tree.insert("over one into another", 0x1000, 0x2800));
        assertEquals(before, tree.resources());
        assertTrue(tree.insert("both", 0x1000, 0x3000));
        assertEquals(List.of("first", "second"),
            tree.resources().getFirst().children().getFirst().children().stream().map(Resource::name).toList());
    }

    @Test
    void refusesWhatIsNoRange() {
        assertFalse(tree.insert("empty", 0x1000, 0));
        assertFalse(tree.insert("negative", -1, 2));
        assertFalse(tree.insert("negative size", 0x1000, -2));
        assertFalse(tree.insert("wraps", Long.MAX_VALUE - 1, 3));
        assertEquals(List.of(), tree.resources());
    }

    @Test
    void theSameRangeAgainGoesAbove() {
        tree.insert("first", 0x1000, 0x1000);
        assertTrue(tree.insert("second", 0x1000, 0x1000));
        assertEquals("second", tree.resources().getFirst().name());
        assertEquals("first", tree.resources().getFirst().children().getFirst().name());
    }

    @Test
    void aNameNeverBreaksALine() {
        tree.insert("a\nb\033[1m", 0x1000, 0x1000);
        assertEquals("00001000-00001fff : a?b?[1m" + System.lineSeparator(), tree.toString());
    }

    @Test
    void addressesBeyond4GiBGrow() {
        tree.insert("high", 0x12_3456_7000L, 0x1000);
        assertEquals("1234567000-1234567fff : high" + System.lineSeparator(), tree.toString());
        assertEquals(0x1000, tree.resources().getFirst().size());
    }
}
