// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/** A registered callback: struct mk_ipi_handler. Only good for {@link Kernel#unregisterHandler}. */
public interface IpiHandler {
    /** The IPI type it is registered for. */
    int type();
}
