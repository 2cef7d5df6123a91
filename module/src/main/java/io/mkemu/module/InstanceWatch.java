// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/** An {@link InstanceListener} that is being told. */
public interface InstanceWatch {
    /**
     * The listener is told nothing more. On the CPU that asked; may be repeated, and the listener may call it itself.
     *
     * @throws IllegalStateException elsewhere
     */
    void end();
}
