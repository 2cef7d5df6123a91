// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import java.io.IOException;
import org.testcontainers.containers.Container.ExecResult;

/** A command that has run to its end in a container. */
final class MkExec extends Program {
    private final String command;
    private final int code;

    MkExec(String command, ExecResult result) {
        this.command = command;
        this.code = result.getExitCode();
        result.getStdout().lines().forEach(out::add);
        result.getStderr().lines().forEach(err::add);
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
    MkExec ends(int wanted) throws IOException, InterruptedException {
        endsWith(given -> given == wanted, Integer.toString(wanted));
        return this;
    }

    @Override
    public String toString() {
        return command + " (exit code " + code + ")";
    }
}
