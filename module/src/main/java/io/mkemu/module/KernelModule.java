// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

import java.util.Optional;
import java.util.Set;

/**
 * A loadable kernel module. A jar names its implementations in {@code META-INF/services/io.mkemu.module.KernelModule};
 * each kernel that loads the jar makes an object of its own by the public constructor without arguments.
 *
 * <p>All methods run on the kernel's boot CPU, one at a time. What they throw is logged with the module's name; the
 * kernel lives on.
 */
public interface KernelModule {
    /**
     * The module's name, as its log lines and its parameters ({@code name.param=value}) carry it.
     *
     * @return by default the simple name of the class
     */
    default String name() {
        return getClass().getSimpleName();
    }

    /**
     * What each line of the module in the kernel log begins with.
     *
     * @return by default the name, a colon and a blank
     */
    default String logPrefix() {
        return name() + ": ";
    }

    /**
     * The parameters that the module takes, without its name: {@code param} of {@code name.param=value}. If it says so,
     * the kernel log tells of those that it does not know.
     *
     * @return by default empty: any
     */
    default Optional<Set<String>> parameters() {
        return Optional.empty();
    }

    /**
     * Sets the module up: module_init. The kernel becomes active when all its modules are set up; no IPI arrives
     * before.
     *
     * @param kernel what the module may ask of its kernel, for as long as the module lives
     * @throws Exception if the module cannot work; nothing of it remains registered
     */
    void init(Kernel kernel) throws Exception;

    /**
     * Takes leave: module_exit, at an orderly shutdown. Handlers and tasks end by themselves after it.
     *
     * @throws Exception logged
     */
    default void exit() throws Exception {
    }
}
