// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.WorkKind;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Kernel;
import io.mkemu.trace.TraceWriter;

/**
 * What stands between one kernel and its modules: the way in for a recorder, of which the kernel knows nothing else.
 * Without one it has the hook that does nothing, {@link #none}.
 *
 * <p>It is made once for each kernel, and gets its CPUs, before any of them runs. {@link #decorate} is called on the
 * boot CPU, {@link #close} when no CPU runs any more. Nothing of it throws but what a module throws.
 */
public interface KernelHook extends AutoCloseable {
    /** Makes the hook of a kernel. */
    @FunctionalInterface
    interface Maker {
        KernelHook of(HookedKernel kernel);
    }

    /** What a module does. */
    @FunctionalInterface
    interface Work<E extends Exception> {
        void run() throws E;
    }

    /** Its part on one CPU. Used by that CPU's thread only. */
    interface OnCpu {
        /**
         * Everything is recorded, and a callback is about to run.
         *
         * @param nanos   when it begins
         * @param handler number of its handler among those of the type
         * @param type    of the handler
         * @param data    its message
         */
        default void callbackBegins(long nanos, int handler, int type, MkIpiData data) {
        }

        /** Runs a module's init or exit: on the boot CPU. */
        default <E extends Exception> void run(WorkKind kind, int module, Work<E> work) throws E {
            work.run();
        }
    }

    /** A hook that does nothing: modules have the kernel itself. */
    static KernelHook none(HookedKernel kernel) {
        return new KernelHook() { };
    }

    /** The kernel that a module is given instead of its own. */
    default Kernel decorate(Kernel kernel) {
        return kernel;
    }

    /**
     * Its part on a CPU; asked once for each, in the order of their numbers, and on the boot CPU again for one that
     * comes later, perhaps with the number of one that has gone.
     *
     * @param writer into the CPU's trace ring, for that CPU's thread
     */
    default OnCpu onCpu(int logicalCpu, TraceWriter writer) {
        return new OnCpu() { };
    }

    /**
     * A CPU has gone, and may be another kernel's: nothing more is written into its trace ring. On the boot CPU, which
     * runs from now on what ran there.
     */
    default void cpuGone(int logicalCpu) {
    }

    /** Lets go of all that it holds. */
    @Override
    default void close() {
    }
}
