// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import java.io.IOException;

/** A command that has run to its end, in a container or in a {@link Shell}. */
final class Ended extends Program {
    private final String command;
    private final int code;

    /**
     * One that has ended.
     *
     * @param command for messages
     * @param told    what it said on stdout
     * @param said    what it said on stderr
     */
    Ended(String command, int code, String told, String said) {
        this.command = command;
        this.code = code;
        told.lines().forEach(out::add);
        said.lines().forEach(err::add);
        out.end();
        err.end();
    }

    @Override
    boolean isAlive() {
        return false;
    }

    @Override
    int awaitExit() {
        return code;
    }

    /** It must have ended with this code. */
    Ended ends(int wanted) throws IOException, InterruptedException {
        endsWith(given -> given == wanted, Integer.toString(wanted));
        return this;
    }

    @Override
    public String toString() {
        return command + " (exit code " + code + ")";
    }
}
