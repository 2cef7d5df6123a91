// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Instance 1 shares two pages with instance 2, which maps and keeps both; takes the first one back; sends its PFN and
 * two that are outside RAM once more, by hand; all that is refused. Says each step; the task never ends.
 */
public final class Sharer implements KernelModule {
    private static final int MAPPED = 0x4d41;
    private static final int OWNER = 1;
    private static final int RECEIVER = 2;
    private static final long MARK = 0x5348_4152_4544L;

    private Kernel kernel;
    private final long[] pages = new long[2];
    private final Window[] kept = new Window[2];
    private int mapped;
    private boolean shared;

    @Override
    public String name() {
        return "sharer";
    }

    @Override
    public void init(Kernel mine) {
        kernel = mine;
        mine.registerHandler((data, context) -> received(mine.receivePfn(data), mine.receiveMapPage(data)), null,
            MkIpiDataDescriptor.PFN_IPI_TYPE);
        mine.registerHandler((data, context) -> takeBack(), null, MAPPED);
        mine.startTask("share", this::share);
    }

    private long share() {
        if (kernel.instanceId() != OWNER || shared) {
            return Task.WAIT;
        }
        if (!kernel.isActive(RECEIVER)) {
            return 1_000_000;
        }
        shared = true;
        for (int page = 0; page < pages.length; page++) {
            pages[page] = kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
            try (Window window = kernel.memremap(pages[page], Pages.PAGE_SIZE)) {
                window.buffer().putLong(0, MARK + page);
            }
            kernel.sendPfn(RECEIVER, Pages.pfn(pages[page]));
        }
        return Task.WAIT;
    }

    private void received(long pfn, Window page) {
        if (page == null) {
            kernel.printk("not mapped " + Long.toHexString(Pages.address(pfn)));
            if (pfn < 0) {
                kernel.printk("still reads " + (kept[0].buffer().getLong(0) - MARK) + " and "
                    + (kept[1].buffer().getLong(0) - MARK));
            }
            return;
        }
        kept[mapped++] = page;
        kernel.printk("mapped " + Long.toHexString(page.physicalAddress()));
        if (mapped == kept.length) {
            kernel.sendIpiData(OWNER, null, 0, 0, MAPPED);
        }
    }

    private void takeBack() {
        int refused = kernel.revokePfn(RECEIVER, Pages.pfn(pages[0]));
        kernel.printk("revoke gave " + refused);
        for (long pfn : new long[] {Pages.pfn(pages[0]), 1L << 40, -22}) {
            kernel.sendIpiData(RECEIVER, ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(pfn)
                .array(), MkIpiDataDescriptor.PFN_IPI_TYPE);
        }
    }
}
