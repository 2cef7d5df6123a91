// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

/** Windows of a test. */
public final class Windows {
    private Windows() {
    }

    /** A window that stands for another one, which it closes, and does something more when it is closed. */
    public static Window onto(Window other, Runnable closed) {
        return new Window(other.physicalAddress(), other.buffer().addressOffset(), other.buffer().capacity(),
            other::close, closed);
    }
}
