// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cmodule;

/** A call that C made of its kernel threw: told where C has come back to Java, for nothing may be thrown through C. */
final class ModuleFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ModuleFault(Throwable cause) {
        super(cause.toString(), cause, false, true);
        setStackTrace(cause.getStackTrace());
    }

    @Override
    public String toString() {
        return "a call of the kernel threw " + getMessage();
    }
}
