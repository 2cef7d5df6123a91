// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.boot.BootParameters;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.HookedPageTable;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import io.mkemu.testkit.ChildJvm;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The process of a kernel of {@link PageKillTest}, to be killed: {@code RAM ID owns|noted|mapped PAGES}. It owns a
 * range of pages and shares it with the other kernel; or it maps what it is sent and stops when it has noted half of
 * that, or keeps it mapped. Says on its standard output that it has come so far.
 */
final class PageKillProcess implements KernelModule {
    static final int OWNER = 1;
    static final int MAPPER = 2;
    static final long MARK = 0x0123_4567_89ab_cdefL;

    private final String role;
    private final int pages;
    private final MappedMachine mapped;
    private final KernelInstance instance;

    private PageKillProcess(String role, int pages, MappedMachine mapped, KernelInstance instance) {
        this.role = role;
        this.pages = pages;
        this.mapped = mapped;
        this.instance = instance;
    }

    public static void main(String[] args) throws Exception {
        ChildJvm.endWithParent();
        MappedMachine mapped = MappedMachine.open(Path.of(args[0]));
        int id = Integer.parseInt(args[1]);
        KernelInstance instance = new KernelInstance(mapped, id, BootParameters.parse(""),
            mapped.instances().entry(id).ipiArea());
        instance.bringUpCpus();
        instance.start(List.of(new PageKillProcess(args[2], Integer.parseInt(args[3]), mapped, instance)));
        Thread.currentThread().join();
    }

    @Override
    public void init(Kernel kernel) {
        if (role.equals("owns")) {
            kernel.startTask("share", () -> share(kernel));
            return;
        }
        AtomicInteger notes = new AtomicInteger();
        PageSharing sharing = role.equals("noted")
            ? new PageSharing(instance, HookedPageTable.of(mapped.memory(), () -> { }, () -> {
                if (notes.incrementAndGet() == Math.max(1, pages / 2)) {
                    stop("noted");
                }
            }))
            : instance.pages();
        kernel.registerHandler((data, context) -> {
            Window window = sharing.mapAll(data);
            stop("mapped " + window.buffer().getLong(window.buffer().capacity() - Long.BYTES) + " tag "
                + kernel.receivePages(data).tag());
        }, null, MkIpiDataDescriptor.PAGES_IPI_TYPE);
        say("ready");
    }

    private long share(Kernel kernel) {
        long pfn = kernel.allocPages(pages);
        try (Window window = kernel.memremap(Pages.address(pfn), Pages.address(pages))) {
            mark(window);
        }
        say("shared " + kernel.sendPages(MAPPER, pfn, pages, MARK));
        return Task.WAIT;
    }

    /** Marks all pages, at their ends. */
    static void mark(Window window) {
        for (int at = Pages.PAGE_SIZE; at <= window.buffer().capacity(); at += Pages.PAGE_SIZE) {
            window.buffer().putLong(at - Long.BYTES, MARK);
        }
    }

    private static void say(String line) {
        System.out.println(line);
    }

    private static void stop(String where) {
        say(where);
        while (true) {
            LockSupport.park();
        }
    }
}
