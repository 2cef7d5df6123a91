// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/**
 * A simulated machine, as a {@link Check} sees it between two steps. A value is what a module gave to
 * {@link Kernel#observe} in the present life of its kernel.
 *
 * <p>It is the same object for the whole run and shows what is so now; use it only within the call that was given it.
 * No call here allocates, so a loop over all instances after each step costs little:
 *
 * <pre>{@code
 * for (int index = 0; index < machine.instances(); index++) {
 *     int instance = machine.instance(index);
 *     if (machine.has(instance, "leader")) { ... machine.value(instance, "leader") ... }
 * }
 * }</pre>
 *
 * <p>Calls that take an instance throw IllegalArgumentException if the machine has none of that id.
 */
public interface Observed {
    /** How many steps the run has had, from 0. */
    long step();

    /** The time in ns, the clock of {@link Kernel#nanoTime}. */
    long nanoTime();

    /** How many instances the machine has, the host included: the same number in the whole run. */
    int instances();

    /**
     * Their ids, ascending.
     *
     * @param index 0..{@link #instances()} - 1
     * @return 0..255; 0 is the host
     * @throws IndexOutOfBoundsException for another index
     */
    int instance(int index);

    /** Name of an instance. */
    String name(int instance);

    /** Whether an instance can receive now, as {@link Kernel#isActive}. */
    boolean isActive(int instance);

    /** Which life of the instance it is: a restart counts it up. Also told of a kernel that is dead: its last one. */
    long life(int instance);

    /** Whether a module of the instance has published this value in its present life. False if its kernel is dead. */
    boolean has(int instance, String name);

    /**
     * What the instance published last under this name.
     *
     * @throws java.util.NoSuchElementException unless {@link #has}
     */
    long value(int instance, String name);

    /** What the instance published last under this name, or what is to be taken where there is nothing. */
    default long value(int instance, String name, long otherwise) {
        return has(instance, name) ? value(instance, name) : otherwise;
    }
}
