// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

import io.mkemu.ipi.MkIpiData;

/** What a module does with a message: mk_ipi_callback_t. */
@FunctionalInterface
public interface IpiCallback {
    /**
     * Handles a message on the CPU that received it, outside of interrupt context. It must not block. What it throws is
     * logged with the module's name and the message counts as delivered.
     *
     * @param data    valid during the call only
     * @param context as registered
     */
    void handle(MkIpiData data, Object context);
}
