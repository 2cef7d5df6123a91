// SPDX-License-Identifier: Apache-2.0
package io.mkemu.shell;

import io.mkemu.console.ConsoleLines;
import io.mkemu.log.LogLevel;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.tty.ConsoleKind;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * A shell at the console of its kernel, to look inside and to break it by hand: {@code mk console NAME}, {@code mk exec
 * NAME -- COMMAND}. It reads while somebody is attached and costs nothing else. All on the boot CPU.
 */
public final class ShellModule implements KernelModule {
    private final IntConsumer exit;

    /** As it comes with mkemu: {@code crash exit} ends this process. */
    public ShellModule() {
        this(System::exit);
    }

    /** With another end. */
    ShellModule(IntConsumer exit) {
        this.exit = exit;
    }

    @Override
    public String name() {
        return "shell";
    }

    @Override
    public Optional<Set<String>> parameters() {
        return Optional.of(Set.of());
    }

    @Override
    public void init(Kernel kernel) {
        ShellCommands commands = new ShellCommands(kernel, exit);
        ConsoleLines lines = new ConsoleLines(kernel.instanceName() + "# ", (line, out) -> run(commands, line, out));
        if (kernel.openConsole(lines) == null) {
            kernel.printk(LogLevel.WARNING, "this kernel has no console for it: another module has opened it, or "
                + "nobody types here");
        }
    }

    private static void run(ShellCommands commands, String line, ConsoleLines out) {
        int code = commands.run(line, out);
        if (code >= 0) {
            out.status(code);
            if (out.kind() == ConsoleKind.COMMAND) {
                out.finish(code);
            }
        }
    }
}
