// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.Pages;
import io.mkemu.memory.Window;
import io.mkemu.os.OsException;
import io.mkemu.os.OsMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What stands for a replayed kernel's physical memory: private memory for each allocation, at the address it had then,
 * and for each page of another kernel, with what was in it when it was mapped. Thread-safe.
 */
final class ReplayMemory {
    /** Contiguous memory; it lives until it is freed and no window is open on it. */
    private static final class Block {
        private final long address;
        private final long size;
        private final Arena arena = Arena.ofShared();
        private final MemorySegment memory;
        private int windows;
        private boolean freed;

        Block(long address, long size) {
            this.address = address;
            this.size = size;
            try {
                this.memory = OsMemory.allocate(size, arena);
            } catch (OsException full) {
                throw new MachineException(ExitCode.RESOURCES, "a replay needs " + size
                    + " bytes of memory, as the kernel had: " + full.getMessage(), full);
            }
        }

        void change(long at, byte[] bytes) {
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, memory, at - address, bytes.length);
        }

        boolean holds(long from, long length) {
            return from >= address && length <= size - (from - address);
        }
    }

    private final TreeMap<Long, Block> own = new TreeMap<>();
    /* Of a page that is mapped twice, in different ranges, there may be two. */
    private final List<Block> foreign = new ArrayList<>();

    /** An allocation of the kernel: whole pages, all zero. */
    synchronized void allocated(long address, long size) {
        own.put(address, new Block(address, Pages.align(size)));
    }

    /** It was freed; windows on it stay good. */
    synchronized void freed(long address) {
        Block block = own.remove(address);
        if (block != null) {
            block.freed = true;
            reclaim(block);
        }
    }

    /**
     * A window on memory of the kernel itself.
     *
     * @throws MachineException if that is not within one allocation
     */
    synchronized Window map(long address, long size) {
        Block block = find(own, address, size);
        if (block == null || size <= 0) {
            throw new MachineException(ExitCode.MODULE, "memremap 0x" + Long.toHexString(address) + "+" + size
                + " is outside of what instanceAlloc returned, which is all the memory of its own that a replay has");
        }
        return window(block, address, size);
    }

    /** A window on a page that was received, with what was in it then. */
    synchronized Window page(long pfn, byte[] content) {
        Window window = window(pfn, 1);
        change(window.physicalAddress(), content);
        return window;
    }

    /** A window on pages that were received, all zeros. */
    synchronized Window range(long pfn, int pages) {
        Window window = window(pfn, pages);
        window.buffer().setMemory(0, window.buffer().capacity(), (byte) 0);
        return window;
    }

    private Window window(long pfn, int pages) {
        long address = Pages.address(pfn);
        long size = Pages.address(pages);
        Block block = find(own, address, size);
        if (block == null) {
            block = foreign.stream().filter(known -> known.holds(address, size)).findFirst().orElse(null);
        }
        if (block == null) {
            block = new Block(address, size);
            block.freed = true;
            foreign.add(block);
        }
        return window(block, address, size);
    }

    /** Somebody has changed memory that is shared, within a page; nothing if this kernel has it no more. */
    synchronized void change(long address, byte[] bytes) {
        Block mine = find(own, address, bytes.length);
        if (mine != null) {
            mine.change(address, bytes);
            return;
        }
        for (Block block : foreign) {
            if (block.holds(address, bytes.length)) {
                block.change(address, bytes);
            }
        }
    }

    private static Block find(TreeMap<Long, Block> blocks, long address, long size) {
        Map.Entry<Long, Block> below = blocks.floorEntry(address);
        return below != null && below.getValue().holds(address, size) ? below.getValue() : null;
    }

    private Window window(Block block, long address, long size) {
        block.windows++;
        return Window.onto(address, block.memory.asSlice(address - block.address, size), () -> closed(block));
    }

    private synchronized void closed(Block block) {
        block.windows--;
        reclaim(block);
    }

    private void reclaim(Block block) {
        if (block.freed && block.windows == 0) {
            foreign.remove(block);
            block.arena.close();
        }
    }
}
