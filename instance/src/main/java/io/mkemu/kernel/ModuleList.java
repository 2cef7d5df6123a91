// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.boot.InstanceDescriptor;
import io.mkemu.log.LogLevel;
import io.mkemu.module.KernelModule;
import java.util.ArrayList;
import java.util.List;

/** The modules of a kernel. Initialised and taken out on the boot CPU. */
final class ModuleList {
    private final KernelInstance kernel;
    private final List<ModuleContext> contexts = new ArrayList<>();

    ModuleList(KernelInstance kernel) {
        this.kernel = kernel;
    }

    /** Sets a module up; if it throws nothing of it remains, and the kernel goes on. */
    void init(KernelModule module) {
        ModuleContext context;
        try {
            context = new ModuleContext(kernel, module);
        } catch (Throwable fault) {
            failed(module.getClass().getName() + ": its name cannot be had", fault);
            return;
        }
        try {
            module.init(context);
            synchronized (contexts) {
                contexts.add(context);
            }
        } catch (Throwable fault) {
            context.drop();
            failed(context.name() + ": init failed", fault);
        }
    }

    private void failed(String what, Throwable fault) {
        kernel.entry().countTask(InstanceDescriptor.TASKS_FAILED_OFFSET);
        kernel.printk(LogLevel.ERR, what + ": " + fault);
        kernel.printk().trace(fault);
    }

    /** Takes all modules out, newest first. */
    void exitAll() {
        List<ModuleContext> newestFirst;
        synchronized (contexts) {
            newestFirst = new ArrayList<>(contexts).reversed();
            contexts.clear();
        }
        for (ModuleContext context : newestFirst) {
            try {
                context.module().exit();
            } catch (Throwable fault) {
                kernel.printk(LogLevel.ERR, context.name() + ": exit failed: " + fault);
                kernel.printk().trace(fault);
            }
            context.drop();
        }
    }

    <T extends KernelModule> T find(Class<T> type) {
        synchronized (contexts) {
            return contexts.stream().map(ModuleContext::module).filter(type::isInstance).map(type::cast).findFirst()
                .orElse(null);
        }
    }
}
