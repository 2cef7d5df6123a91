// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.WorkKind;
import io.mkemu.cmodule.CModule;
import io.mkemu.log.LogLevel;
import io.mkemu.module.KernelModule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The modules of a kernel. Initialised and taken out on the boot CPU. */
final class ModuleList {
    private final KernelInstance kernel;
    private final List<Loaded> loaded = new ArrayList<>();
    /** Parameters that modules have asked for. */
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    /** What each module that was to be set up takes, by its name. */
    private final Map<String, Optional<Set<String>>> parameters = new HashMap<>();
    /** Modules in C from before their init until after their exit. */
    private final List<CModule> watched = new CopyOnWriteArrayList<>();
    private int next;

    /** A module that was set up. */
    private record Loaded(ModuleContext context, int number) {
    }

    ModuleList(KernelInstance kernel) {
        this.kernel = kernel;
    }

    /** Sets a module up; if it throws nothing of it remains, and the kernel goes on. */
    void init(KernelModule module) {
        int number = next++;
        KernelHook.OnCpu hook = Cpu.current().trace().hook();
        ModuleContext[] context = new ModuleContext[1];
        if (module instanceof CModule inC) {
            watched.add(inC);
        }
        try {
            hook.run(WorkKind.INIT, number, () -> {
                context[0] = new ModuleContext(kernel, module);
                parameters.put(context[0].name(), module.parameters());
                module.init(kernel.hook().decorate(context[0]));
            });
            synchronized (loaded) {
                loaded.add(new Loaded(context[0], number));
            }
        } catch (Throwable fault) {
            if (context[0] == null) {
                failed(module.getClass().getName() + ": its name cannot be had", fault);
            } else {
                drop(context[0]);
                failed(context[0].name() + ": init failed", fault);
            }
        }
    }

    /** Looks whether a CPU hangs in a module in C. Of a thread that is no CPU, once a second. */
    void watch() {
        watched.forEach(CModule::watch);
    }

    /** A module asks for a parameter by its full name. Any thread. */
    void asked(String parameter) {
        asked.add(parameter);
    }

    /** All modules are set up: says which parameters of the command line nobody takes. */
    void tellUnknown() {
        String line = UnknownParameters.line(kernel.parameters(), parameters, asked);
        if (line != null) {
            kernel.printk(LogLevel.NOTICE, line);
        }
    }

    private void failed(String what, Throwable fault) {
        kernel.entry().countTask(InstanceDescriptor.TASKS_FAILED_OFFSET);
        kernel.printk().fault(() -> what + ": ", fault);
    }

    /** Goes on whatever happens: other modules are to be left in order too. */
    private void drop(ModuleContext context) {
        try {
            context.drop();
        } catch (Throwable fault) {
            kernel.printk().fault(() -> context.name() + ": left behind what it registered: ", fault);
        }
    }

    /** Takes all modules out, newest first. */
    void exitAll() {
        List<Loaded> newestFirst;
        synchronized (loaded) {
            newestFirst = new ArrayList<>(loaded).reversed();
            loaded.clear();
        }
        KernelHook.OnCpu hook = Cpu.current().trace().hook();
        for (Loaded module : newestFirst) {
            ModuleContext context = module.context();
            try {
                hook.run(WorkKind.EXIT, module.number(), context.module()::exit);
            } catch (Throwable fault) {
                kernel.printk().fault(() -> context.name() + ": exit failed: ", fault);
            }
            drop(context);
        }
    }

    /** Why no CPU can come or go, or null. On the boot CPU. */
    String cpuProblem() {
        return watched.isEmpty() ? null : "module " + watched.getFirst().name()
            + " is in C, which knows the CPUs that were there when it was loaded";
    }

    /** A line for each. Any thread. */
    List<String> lines() {
        synchronized (loaded) {
            return loaded.stream().map(each -> "module " + each.context().name() + " ("
                + each.context().module().getClass().getName() + ")").toList();
        }
    }

    <T extends KernelModule> T find(Class<T> type) {
        synchronized (loaded) {
            return loaded.stream().map(each -> each.context().module()).filter(type::isInstance).map(type::cast)
                .findFirst().orElse(null);
        }
    }
}
