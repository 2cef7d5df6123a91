// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/** A listener that is told of its kernel's memory or CPUs. */
public interface ResourceWatch {
    /**
     * The listener is told nothing more. On the boot CPU; may be repeated, and the listener may call it itself.
     *
     * @throws IllegalStateException elsewhere
     */
    void end();
}
