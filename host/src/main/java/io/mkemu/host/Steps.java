// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.host.tx.Form;
import io.mkemu.tree.InstanceSpec;
import java.util.List;

/** The single steps that a change of a machine is made of, done or only planned. All throw MachineException. */
interface Steps {
    /** What an instance is now, or null. */
    Form form(String name);

    /**
     * Makes an instance: it is ready then, whatever modules are named.
     *
     * @param wanted id 0: the lowest free one
     * @return its name
     */
    String create(InstanceSpec wanted);

    /** Removes one that is ready. */
    void delete(String name);

    /** Gives it other CPUs and memory; a kernel that runs is asked for each. */
    void update(String name, List<Integer> cpus, long memoryBytes) throws InterruptedException;

    /** Loads one that is ready. */
    void load(String name, InstanceSpec kernel);

    /** Takes away what is loaded. */
    void unload(String name);
}
