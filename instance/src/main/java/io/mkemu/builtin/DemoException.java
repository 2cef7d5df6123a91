// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

/** The demo found something wrong, in one line. Checked: the kernel log traces only what is unchecked. */
final class DemoException extends Exception {
    private static final long serialVersionUID = 1L;

    DemoException(String message) {
        super(message);
    }

    @Override
    public String toString() {
        return getMessage();
    }
}
