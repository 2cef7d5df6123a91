// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

import io.mkemu.abi.InstanceState;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The simulated machine of a {@link Script}. Kernels are called by their names; "host" is the host's. All calls are for
 * the script's thread. Time is virtual: it passes while the script waits, and is not lost by waiting.
 *
 * <p>Verbs that the state of a kernel refuses, and names that no kernel has, are a {@link io.mkemu.MachineException}
 * with the line that {@code mk} says, or one like it.
 */
public interface ScriptedMachine {
    /**
     * A line of a kernel log.
     *
     * @param kernel name of the kernel
     * @param level  0 emergency .. 7 debug
     * @param nanos  since the machine was made, virtual
     * @param text   without a line end
     */
    record Line(String kernel, int level, long nanos, String text) {
    }

    /** The machine's name, that of its tree. */
    String name();

    /** The seed of the run. */
    long seed();

    /** Names of all kernels by ascending ids; the host's first. */
    List<String> kernels();

    /** Id of a kernel, 0..255. */
    int id(String kernel);

    /** What state a kernel is in. */
    InstanceState state(String kernel);

    /** Which life a kernel has, or had last; 0 before the first. */
    long life(String kernel);

    /** Whether a kernel is paused. */
    boolean isPaused(String kernel);

    /** Why a kernel failed, or empty. */
    String reason(String kernel);

    /** How often the restart policy has begun a life of a kernel. */
    int restarts(String kernel);

    /** Begins to boot an instance that is loaded or failed: mk exec. {@link #await} its state. */
    void exec(String instance);

    /** Begins to end an active instance in order, modules first: mk kill. {@link #await} its state. */
    void kill(String instance);

    /** Ends a kernel where it is, as SIGKILL does; the host's death ends the machine, and the run soon after. */
    void crash(String kernel);

    /** Holds all CPUs of an active instance where they are: mk pause. */
    void pause(String instance);

    /** Lets a paused instance go on: mk continue. */
    void resume(String instance);

    /**
     * Lets the kernels go on until something is so.
     *
     * @param condition is asked after each step of the machine, so it should be quick; changes nothing
     * @param nanos     how long at the most, virtual ns, 1 or more
     * @return whether it is so; false when the time is over
     */
    boolean await(BooleanSupplier condition, long nanos);

    /** All lines of all kernel logs so far, by the order in which they were printed. The list grows with the log. */
    List<Line> lines();

    /** Physical memory as /proc/iomem nests it. */
    String iomem();

    /** Messages that a kernel has taken of another one in their present lives. */
    long delivered(String from, String to);

    /** Messages of a kernel to another one that are under way. */
    long waiting(String from, String to);
}
