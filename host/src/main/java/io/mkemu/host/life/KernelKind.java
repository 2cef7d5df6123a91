// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.abi.TraceMode;
import io.mkemu.boot.BootParameters;
import io.mkemu.boot.ModulePath;
import io.mkemu.kernel.KernelParameter;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.trace.TraceControl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The two kernels that an instance can boot: {@code kernel=} of its command line, or what fits its modules. */
public enum KernelKind {
    /** In Java; runs modules of both kinds. */
    JVM,
    /** In C, without a JVM; runs modules in C only. */
    NATIVE;

    /**
     * The kernel that an instance's next life boots. Where the command line does not say, it is the native one if all
     * modules are in C and that kernel was built, and nothing wants the calls of modules recorded, which only a JVM
     * does.
     *
     * @param cmdline checked by the plan
     * @param memory  of the machine
     */
    public static KernelKind of(String cmdline, List<String> modules, PhysicalMemory memory) {
        String asked = BootParameters.parse(cmdline).get(KernelParameter.KERNEL.parameter());
        if (asked != null) {
            return asked.equals(NATIVE.label()) ? NATIVE : JVM;
        }
        boolean fits = !modules.isEmpty() && modules.stream().allMatch(ModulePath::isSharedObject)
            && new TraceControl(memory).mode() != TraceMode.ALL && Files.isExecutable(program());
        return fits ? NATIVE : JVM;
    }

    /** The program that is the native kernel; it is not there if the build found no C compiler. */
    public static Path program() {
        return InstanceCommand.home().resolve("lib/native/mkemu-kernel");
    }

    /** As the command line and {@code mk show} have it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
