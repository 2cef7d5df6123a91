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
import java.util.concurrent.locks.LockSupport;

/**
 * The process of a kernel of {@link PageKillTest}, to be killed: {@code RAM ID owns|noted|mapped}. It owns a page and
 * shares it with the other kernel; or it maps what it is sent and stops in between, or keeps it mapped. Says on its
 * standard output that it has come so far.
 */
final class PageKillProcess implements KernelModule {
    static final int OWNER = 1;
    static final int MAPPER = 2;
    static final long MARK = 0x0123_4567_89ab_cdefL;

    private final String role;
    private final MappedMachine mapped;
    private final KernelInstance instance;

    private PageKillProcess(String role, MappedMachine mapped, KernelInstance instance) {
        this.role = role;
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
        instance.start(List.of(new PageKillProcess(args[2], mapped, instance)));
        Thread.currentThread().join();
    }

    @Override
    public void init(Kernel kernel) {
        if (role.equals("owns")) {
            kernel.startTask("share", () -> share(kernel));
            return;
        }
        PageSharing pages = role.equals("noted")
            ? new PageSharing(instance, HookedPageTable.of(mapped.memory(), () -> { }, () -> stop("noted")))
            : instance.pages();
        kernel.registerHandler((data, context) -> {
            Window window = pages.map(data);
            stop("mapped " + window.buffer().getLong(0));
        }, null, MkIpiDataDescriptor.PFN_IPI_TYPE);
        say("ready");
    }

    private static long share(Kernel kernel) {
        long page = kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
        try (Window window = kernel.memremap(page, Pages.PAGE_SIZE)) {
            window.buffer().putLong(0, MARK);
        }
        say("shared " + kernel.sendPfn(MAPPER, Pages.pfn(page)));
        return Task.WAIT;
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
