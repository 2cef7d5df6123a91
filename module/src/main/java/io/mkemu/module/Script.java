// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/**
 * What is done to a simulated machine from outside, as the body of a test does it: {@code mk simulate --script}. It
 * runs beside the kernels, and the scheduler chooses from the seed when it goes on, as it does for each CPU: what it
 * does to a kernel hits it in the midst of whatever that does. A run ends when it does; the modules exit then.
 *
 * <p>Its class has a public constructor with one parameter, a String, or without parameters. Each run has a new object;
 * several runs may be under way at a time, each on a thread of its own, so static fields must not change.
 */
@FunctionalInterface
public interface Script {
    /**
     * Whether the instances are executed when the machine is made.
     *
     * @return by default they are
     */
    default boolean executesInstances() {
        return true;
    }

    /**
     * Runs beside the machine, which is its own.
     *
     * @param machine used within this call only, on its thread
     * @throws Exception anything that it throws, an {@link AssertionError} too, is the failure of the run
     */
    void run(ScriptedMachine machine) throws Exception;
}
