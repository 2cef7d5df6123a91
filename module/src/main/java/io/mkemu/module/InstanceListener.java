// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/** Is told what becomes of instances: {@link Kernel#onInstanceChange}. */
@FunctionalInterface
public interface InstanceListener {
    /**
     * Something has become of an instance. Between interrupts and tasks, on the CPU that asked; what it throws is
     * logged.
     *
     * @param instanceId 0..255, this instance too
     * @param life       which life of it, as {@link Kernel#life} has it
     * @param change     of that life, each kind at most once, and nothing after its end
     */
    void onInstanceChange(int instanceId, long life, InstanceChange change);
}
