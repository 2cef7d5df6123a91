// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

/** A built-in module found something wrong, in one line. Checked: the kernel log traces only what is unchecked. */
final class ModuleFault extends Exception {
    private static final long serialVersionUID = 1L;

    ModuleFault(String message) {
        super(message);
    }

    @Override
    public String toString() {
        return getMessage();
    }
}
