// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cmodule;

import io.mkemu.Errno;
import io.mkemu.MachineException;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.agrona.concurrent.UnsafeBuffer;

/** The windows through which a module in C sees memory: C has addresses, the kernel has windows. Any thread. */
final class ModuleMemory {
    private final Kernel kernel;
    /** Pages of others, by their addresses in this process. */
    private final Map<Long, Window> pages = new ConcurrentHashMap<>();
    /** Memory of the own pool, by its physical address. */
    private final ConcurrentSkipListMap<Long, Window> own = new ConcurrentSkipListMap<>();

    ModuleMemory(Kernel kernel) {
        this.kernel = kernel;
    }

    /**
     * Maps the page that a message names.
     *
     * @param message address of a struct mkemu_core_message, 0 for none
     * @return address of the page, 0 if it may not be mapped
     */
    long mapPage(long message) {
        if (message == 0) {
            return 0;
        }
        UnsafeBuffer bytes = new UnsafeBuffer(message, MkIpiDataDescriptor.LENGTH);
        long size = bytes.getLong(MkIpiDataDescriptor.DATA_SIZE_OFFSET);
        if (size < 0 || size > MkIpiDataDescriptor.MAX_DATA_SIZE) {
            return 0;
        }
        Window page = kernel.receiveMapPage(MkIpiData.of(bytes, 0));
        if (page == null) {
            return 0;
        }
        long address = page.buffer().addressOffset();
        pages.put(address, page);
        return address;
    }

    /** Unmaps such a page: 0, or -ENOENT for what is none. */
    int unmapPage(long address) {
        Window page = pages.remove(address);
        if (page == null) {
            return -Errno.ENOENT;
        }
        kernel.receiveUnmapPage(page);
        return 0;
    }

    /**
     * Maps memory of the own pool.
     *
     * @return its address in this process, 0 if it is not the own pool's
     */
    long poolMap(long address, long size) {
        Map.Entry<Long, Window> below = own.floorEntry(address);
        if (below != null && size > 0
            && address - below.getKey() <= below.getValue().buffer().capacity() - size) {
            return below.getValue().buffer().addressOffset() + address - below.getKey();
        }
        try {
            Window window = kernel.memremap(address, Pages.align(size));
            Window former = own.put(address, window);
            if (former != null) {
                /* A longer one takes its place; who has the address of the former still uses it. */
                pages.put(former.buffer().addressOffset(), former);
            }
            return window.buffer().addressOffset();
        } catch (MachineException refused) {
            return 0;
        }
    }

    /** Frees memory of the own pool; it is mapped no more. Results are those of {@link Kernel#instanceFree}. */
    int poolFree(long address, long size) {
        int result = kernel.instanceFree(address, size);
        if (result == 0) {
            Map<Long, Window> freed = own.subMap(address, address + size);
            freed.values().forEach(Window::close);
            freed.clear();
        }
        return result;
    }

    /** Unmaps all: the module has ended. */
    void close() {
        pages.values().forEach(kernel::receiveUnmapPage);
        pages.clear();
        own.values().forEach(Window::close);
        own.clear();
    }
}
