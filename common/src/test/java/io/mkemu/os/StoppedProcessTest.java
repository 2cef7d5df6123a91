// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class StoppedProcessTest {
    @Test
    @Timeout(300)
    void aProcessThatStoppedItselfIsSeenAndGoesOn() throws Exception {
        /* The space and the parenthesis in the name are the ones that a careless reader of stat trips over. */
        Process shell = new ProcessBuilder("bash", "-c", "printf 'a) R b' >/proc/self/comm; kill -STOP $$; exit 7")
            .start();
        try {
            while (!StoppedProcess.isStopped(shell.pid())) {
                assertTrue(shell.isAlive());
                Thread.onSpinWait();
            }
            assertTrue(StoppedProcess.resume(shell.pid()));
            assertEquals(7, shell.waitFor());
        } finally {
            shell.destroyForcibly();
        }
        assertFalse(StoppedProcess.isStopped(shell.pid()), "gone");
        assertFalse(StoppedProcess.resume(shell.pid()), "gone");
    }

    @Test
    void thisProcessRuns() {
        assertFalse(StoppedProcess.isStopped(ProcessHandle.current().pid()));
    }
}
