// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Mappings that are used again. To unmap and map a MiB anew takes a page fault for each of its pages, which is many
 * times what it takes to copy it; so the mappings of windows that are closed stay for a while, as entries of a TLB do.
 * Those of one range share one mapping. Thread-safe.
 */
final class KeptMappings {
    /** Bytes of mappings without a window that are kept; a longer one is not. */
    static final long MOST_BYTES = 64L << 20;
    /** How many of them are kept: a process may have some 65,000 mappings. */
    static final int MOST = 1024;

    /** Maps. */
    @FunctionalInterface
    interface Mapper {
        /** The address in this process of the bytes, which stay mapped until the arena is closed. */
        long map(long address, int length, Arena arena) throws IOException;
    }

    private record Range(long address, int length) {
    }

    /** A mapping, and how many windows are on it. */
    private static final class Mapping {
        private final Arena arena = Arena.ofShared();
        private long there;
        private int windows;
    }

    private final Mapper mapper;
    /* The one that was used last is the last one. */
    private final LinkedHashMap<Range, Mapping> mappings = new LinkedHashMap<>();
    private long idleBytes;
    private int idle;
    private boolean closed;

    KeptMappings(Mapper mapper) {
        this.mapper = mapper;
    }

    /**
     * A window.
     *
     * @throws IOException if it cannot be mapped
     */
    synchronized Window map(long address, int length, Runnable unmapped) throws IOException {
        Range range = new Range(address, length);
        Mapping mapping = mappings.get(range);
        if (mapping == null) {
            mapping = make(range);
        } else if (mapping.windows == 0) {
            idle--;
            idleBytes -= length;
        }
        mapping.windows++;
        return new Window(address, mapping.there, length, () -> unmap(range), unmapped);
    }

    private Mapping make(Range range) throws IOException {
        Mapping mapping = new Mapping();
        try {
            mapping.there = mapper.map(range.address, range.length, mapping.arena);
        } catch (IOException | RuntimeException | Error fault) {
            mapping.arena.close();
            throw fault;
        }
        mappings.put(range, mapping);
        return mapping;
    }

    private synchronized void unmap(Range range) {
        Mapping mapping = mappings.get(range);
        mapping.windows--;
        if (mapping.windows == 0) {
            mappings.remove(range);
            if (closed || range.length > MOST_BYTES) {
                mapping.arena.close();
                return;
            }
            mappings.put(range, mapping);
            idle++;
            idleBytes += range.length;
            drop(MOST, MOST_BYTES);
        }
    }

    /** Lets go of those that nobody has used for the longest time, until there are no more than these. */
    private void drop(int most, long mostBytes) {
        Iterator<Map.Entry<Range, Mapping>> all = mappings.entrySet().iterator();
        while (idle > most || idleBytes > mostBytes) {
            Map.Entry<Range, Mapping> oldest = all.next();
            if (oldest.getValue().windows == 0) {
                all.remove();
                idle--;
                idleBytes -= oldest.getKey().length;
                oldest.getValue().arena.close();
            }
        }
    }

    /** Lets go of all that no window is on; the others go with their windows. */
    synchronized void close() {
        closed = true;
        drop(0, 0);
    }
}
