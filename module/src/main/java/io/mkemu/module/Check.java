// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/**
 * What must always be so on a machine, as the user states it. {@code mk simulate} looks at it in each run; a real
 * machine does not. A module's jar names its checks in {@code META-INF/services/io.mkemu.module.Check}.
 *
 * <pre>{@code
 * public final class OneLeader implements Check {
 *     public String look(Observed machine) {
 *         int leader = -1;
 *         for (int index = 0; index < machine.instances(); index++) {
 *             int instance = machine.instance(index);
 *             if (machine.value(instance, "leader", 0) == 1) {
 *                 if (leader >= 0) {
 *                     return "two leaders: " + machine.name(leader) + " and " + machine.name(instance);
 *                 }
 *                 leader = instance;
 *             }
 *         }
 *         return null;
 *     }
 * }
 * }</pre>
 *
 * <p>Each run has a new object, made by the public constructor without arguments, so its fields begin anew. All of its
 * methods run on one thread, in no module's CPU. Its class is loaded apart from the classes of the kernels' modules: it
 * sees none of their static fields, only what they publish. What it throws is a failure of the check, and is told so.
 */
public interface Check {
    /**
     * The check's name, as a failure tells it.
     *
     * @return by default the simple name of the class
     */
    default String name() {
        return getClass().getSimpleName();
    }

    /**
     * Looks at the machine, after each step: a million times a second, so it should not allocate while all is well.
     *
     * @return null, or one line that says what is wrong; the run ends with it
     */
    default String look(Observed machine) {
        return null;
    }

    /**
     * Looks at the machine once more when a run has ended in which nothing was wrong: all tasks are done.
     *
     * @return null, or one line that says what is wrong: "n2 has no leader"
     */
    default String atEnd(Observed machine) {
        return null;
    }

    /**
     * What the operations of the run must look like from outside. Their history is checked at the end of the run.
     *
     * @return null if this check has none; asked once for each run
     */
    default SequentialModel<?> model() {
        return null;
    }
}
