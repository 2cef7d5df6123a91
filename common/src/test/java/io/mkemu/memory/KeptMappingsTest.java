// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.Pages;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Mappings that are used again. */
class KeptMappingsTest {
    private final List<Arena> made = new ArrayList<>();
    private boolean full;
    private final KeptMappings kept = new KeptMappings(this::map);

    private long map(long address, int length, Arena arena) throws IOException {
        if (full) {
            throw new IOException("no room");
        }
        made.add(arena);
        /* Nobody touches it, so its length does not matter. */
        return arena.allocate(Long.BYTES).address();
    }

    private long open() {
        return made.stream().filter(arena -> arena.scope().isAlive()).count();
    }

    @Test
    void aRangeHasOneMappingWhichOutlivesItsWindows() throws IOException {
        List<String> unmapped = new ArrayList<>();
        Window first = kept.map(4096, 8192, () -> unmapped.add("first"));
        Window second = kept.map(4096, 8192, () -> unmapped.add("second"));
        assertEquals(first.buffer().addressOffset(), second.buffer().addressOffset());
        first.close();
        first.close();
        second.close();
        assertEquals(List.of("first", "second"), unmapped);
        assertEquals(0, first.buffer().capacity());
        assertThrows(IndexOutOfBoundsException.class, () -> second.buffer().getLong(0));
        kept.map(4096, 8192, () -> { }).close();
        assertEquals(1, made.size());
        kept.map(4096, 4096, () -> { }).close();
        assertEquals(2, made.size(), "another range");
        assertEquals(2, open());
        kept.close();
        assertEquals(0, open());
    }

    @Test
    void theOldestGoFirstAndNoneThatIsUsed() throws IOException {
        Window used = kept.map(4096, Integer.MAX_VALUE, () -> { });
        for (int range = 1; range <= KeptMappings.MOST + 1; range++) {
            kept.map(range * 8192L, Pages.PAGE_SIZE, () -> { }).close();
        }
        assertEquals(KeptMappings.MOST + 1, open());
        assertTrue(made.getFirst().scope().isAlive(), "it is used");
        assertFalse(made.get(1).scope().isAlive(), "the oldest");
        kept.map(2 * 8192, Pages.PAGE_SIZE, () -> { }).close();
        assertEquals(KeptMappings.MOST + 2, made.size(), "it was there");
        kept.map(1 * 8192, Pages.PAGE_SIZE, () -> { }).close();
        assertTrue(made.get(2).scope().isAlive(), "it was used just before");
        used.close();
        assertFalse(made.getFirst().scope().isAlive(), "it is too long to be kept");
        assertEquals(KeptMappings.MOST, open(), "and took nobody's place");
        int half = (int) (KeptMappings.MOST_BYTES / 2);
        for (int range = 0; range < 3; range++) {
            kept.map(range * 4096L + 4096, half, () -> { }).close();
        }
        assertEquals(2, open(), "so many bytes");
    }

    @Test
    void windowsOutliveTheMemory() throws IOException {
        Window window = kept.map(4096, 4096, () -> { });
        kept.close();
        assertEquals(1, open());
        window.close();
        assertEquals(0, open());
    }

    @Test
    void whatCannotBeMappedLeavesNothing() throws IOException {
        full = true;
        assertThrows(IOException.class, () -> kept.map(4096, 4096, () -> { }));
        full = false;
        kept.map(4096, 4096, () -> { }).close();
        assertEquals(1, open());
    }
}
