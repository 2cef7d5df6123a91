// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.log.LogLevel;
import io.mkemu.module.Instance;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import java.util.HashSet;
import java.util.Set;

/**
 * Does a little of all that there is to see: sends to all other kernels for ever, {@code showpiece.every} us apart,
 * shares {@code showpiece.pages} pages with the next one, and says what a page could take for its own markup.
 */
public final class Showpiece implements KernelModule {
    /** What is said: each would run a script if it became a part of a page. */
    public static final String SCRIPT = "<script>window.pwned = 1</script>";
    public static final String IMAGE = "<img src=x onerror=\"window.pwned = 1\">";
    private static final int TYPE = 0x53;
    private static final long MICRO = 1000;
    private static final int TALK = 500;

    private final Set<Integer> given = new HashSet<>();
    private Kernel kernel;
    private long period;
    private long next;
    private long received;
    private long said;

    @Override
    public String name() {
        return "showpiece";
    }

    @Override
    public void init(Kernel mine) {
        kernel = mine;
        period = Long.parseLong(mine.parameter("every") == null ? "5000" : mine.parameter("every")) * MICRO;
        next = mine.nanoTime();
        mine.registerHandler((data, context) -> received++, null, TYPE);
        mine.registerHandler((data, context) -> mine.receiveMapPage(data), null, MkIpiDataDescriptor.PFN_IPI_TYPE);
        mine.printk(LogLevel.WARNING, SCRIPT);
        mine.printk(IMAGE);
        mine.startTask("show", this::step);
    }

    private long step() {
        long now = kernel.nanoTime();
        if (now - next < 0) {
            return next - now;
        }
        next = now + period;
        for (Instance peer : kernel.instances()) {
            if (peer.id() != kernel.instanceId() && kernel.isActive(peer.id())) {
                kernel.sendIpiData(peer.id(), new byte[64], TYPE);
                share(peer.id());
            }
        }
        if (received / TALK > said) {
            said = received / TALK;
            kernel.printk(said * TALK + " messages have come");
        }
        return period;
    }

    private void share(int peer) {
        if (kernel.instanceId() == 0 || peer != kernel.instanceId() % 3 + 1 || kernel.parameter("pages") == null
            || !given.add(peer)) {
            return;
        }
        int pages = Integer.parseInt(kernel.parameter("pages"));
        long first = kernel.instanceAlloc((long) pages * Pages.PAGE_SIZE, Pages.PAGE_SIZE);
        for (int page = 0; first > 0 && page < pages; page++) {
            kernel.sendPfn(peer, Pages.pfn(first) + page);
        }
    }
}
