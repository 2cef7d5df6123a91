// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.IpiMode;
import io.mkemu.abi.TraceMode;
import io.mkemu.boot.BootParameters;
import io.mkemu.boot.HostClock;
import io.mkemu.boot.MemParse;
import io.mkemu.cpu.IdlePolicy;
import io.mkemu.ipi.SendProbe;
import io.mkemu.log.ConsoleLoglevel;
import io.mkemu.table.ResourceProbe;
import java.util.function.Consumer;

/**
 * The boot parameters that a kernel knows, each with its check. All others are for its modules. A wrong value of a
 * known one ends the boot; a tree is checked before anything is made.
 */
public enum KernelParameter {
    /** What an idle CPU does. */
    IDLE("idle", false, parameters -> IdlePolicy.of(parameters.get("idle"))),
    /** Lines of a lower level than this number go to the console. */
    LOGLEVEL("loglevel", false, ConsoleLoglevel::of),
    /** Warnings and debug lines stay off the console: loglevel=4. */
    QUIET("quiet", false, parameters -> flag(parameters, "quiet")),
    /** All lines go to the console: loglevel=10. */
    DEBUG("debug", false, parameters -> flag(parameters, "debug")),
    /** All lines go to the console, whatever else is said. */
    IGNORE_LOGLEVEL("ignore_loglevel", false, parameters -> flag(parameters, "ignore_loglevel")),
    /** Host only: what the machine records from the beginning. */
    TRACE("trace", false, parameters -> TraceMode.of(parameters.get("trace"))),
    /** Which kernel an instance boots: in Java, or in C without a JVM. */
    KERNEL("kernel", false, parameters -> kernel(parameters.get("kernel"))),
    /** A test hook: the kernel stops in a send. */
    STOP_IN_SEND(SendProbe.PARAMETER, false, parameters -> SendProbe.check(parameters.get(SendProbe.PARAMETER))),
    /** A test hook: the kernel stops while it is asked about CPUs or memory. */
    STOP_IN_PLUG(ResourceProbe.PARAMETER, false,
        parameters -> ResourceProbe.check(parameters.get(ResourceProbe.PARAMETER))),
    /** Address of the IPI area. */
    MK_IPI_SHARED("mk_ipi_shared", true, parameters -> ipiShared(parameters, IpiMode.QUEUED)),
    /** Whether the kernel log has the RFC's own lines; single-slot only. */
    MK_IPI_LOG(RfcLog.PARAMETER, true, RfcLog::check),
    /** The host's offset, where its time namespace shifts its clock. */
    MK_CLOCK(HostClock.PARAMETER, true, HostClock::check),
    /** Which machine the kernel was made for. */
    MK_EPOCH("mk_epoch", true, parameters -> parameters.getMemory("mk_epoch")),
    /** Which life of the instance it is. */
    MK_LIFE("mk_life", true, parameters -> parameters.getMemory("mk_life"));

    private final String parameter;
    private final boolean setByHost;
    private final Consumer<BootParameters> check;

    KernelParameter(String parameter, boolean setByHost, Consumer<BootParameters> check) {
        this.parameter = parameter;
        this.setByHost = setByHost;
        this.check = check;
    }

    /** Its name on the command line. */
    public String parameter() {
        return parameter;
    }

    /** Whether the host adds it, so that nobody else may. */
    public boolean setByHost() {
        return setByHost;
    }

    /**
     * Checks this parameter if the command line has it.
     *
     * @throws IllegalArgumentException with one line that names parameter, value and what would be right
     */
    public void check(BootParameters parameters) {
        if (parameters.has(parameter)) {
            check.accept(parameters);
        }
    }

    /**
     * Checks a kernel's command line, for the kernel that boots with it. mk_ipi_shared= is not looked at: how it is
     * read depends on the mailbox, see {@link #ipiShared}.
     *
     * @throws IllegalArgumentException as {@link #check}, for the first one of this table that is wrong
     */
    public static void checkAll(BootParameters parameters) {
        for (KernelParameter known : values()) {
            if (known != MK_IPI_SHARED) {
                known.check(parameters);
            }
        }
    }

    /**
     * Checks a command line as a user writes it, before the host adds its own.
     *
     * @throws IllegalArgumentException as {@link #checkAll}, and for a parameter that is the host's to set
     */
    public static void checkGiven(BootParameters parameters) {
        for (KernelParameter known : values()) {
            if (known.setByHost && parameters.has(known.parameter)) {
                throw new IllegalArgumentException(known.parameter + "= is set by the host; take it out");
            }
        }
        checkAll(parameters);
    }

    private static void kernel(String name) {
        if (!name.equals("jvm") && !name.equals("native")) {
            throw new IllegalArgumentException("kernel=" + BootParameters.printable(name)
                + " is no kernel; use kernel=jvm, kernel=native (modules in C only), or leave it out");
        }
    }

    private static void flag(BootParameters parameters, String name) {
        String value = parameters.get(name);
        if (!value.isEmpty()) {
            throw new IllegalArgumentException("boot parameter " + name + "=" + BootParameters.printable(value)
                + ": takes no value; write " + name + ", or leave it out");
        }
    }

    /**
     * The boot parameter that says where the IPI area lies: mk_ipi_shared_setup of the RFC. Queued, the whole value
     * must be an address; single-slot reads it as the RFC does, by {@link MemParse#parsePrefix}.
     *
     * @return the address, 64 bits, unsigned
     * @throws IllegalArgumentException without it, without its value, or with 0: -EINVAL of the RFC
     */
    static long ipiShared(BootParameters parameters, IpiMode mode) {
        String name = MK_IPI_SHARED.parameter;
        if (!parameters.has(name)) {
            throw new IllegalArgumentException(name + "= is missing; the host gives the address of the IPI area");
        }
        long address = mode == IpiMode.SINGLE_SLOT ? MemParse.parsePrefix(parameters.get(name))
            : parameters.getMemory(name);
        if (address == 0) {
            throw new IllegalArgumentException("boot parameter " + name + "="
                + BootParameters.printable(parameters.get(name))
                + " is no address (-EINVAL); the host gives that of the IPI area");
        }
        return address;
    }
}
