// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class JvmCrashTest {
    private static final int ABORTED = 134;

    private static JvmCrash of(String signal, String frame) {
        JvmCrash crash = new JvmCrash();
        List.of("#", "# A fatal error has been detected by the Java Runtime Environment:", "#", "#  " + signal
            + " at pc=0x00007f406be15109, pid=14562, tid=14564", "#", "# JRE version: OpenJDK (25.0.3+9)",
            "# Problematic frame:", "# " + frame, "#", "# Core dumps have been disabled.").forEach(crash::line);
        return crash;
    }

    @Test
    void aJvmThatSaysNothingEndedAsItsExitCodeSays() {
        JvmCrash crash = new JvmCrash();
        crash.line("# Problematic frame:");
        assertEquals("killed by signal 9 (SIGKILL)", crash.text(137, List.of()));
        assertEquals("ended with exit code 3", crash.text(3, List.of()));
    }

    @Test
    void theSignalIsThatOfTheModuleAndNotTheJvmsOwnAbort() {
        assertEquals("killed by signal 11 in pagebell.so+0x1a2 (on_bell)", of("SIGSEGV (0xb)",
            "C  [pagebell.so+0x1a2]  on_bell+0x12").text(ABORTED, List.of("/no/such/pagebell.so", "echo")));
        assertEquals("killed by signal 8 in pagebell.so+0x1a2", of("SIGFPE (0x8)",
            "C  [memfd:pagebell.so (deleted)+0x1a2]").text(ABORTED, List.of()));
    }

    @Test
    void aFrameOfTheJvmIsNoPlaceInAModule() {
        assertEquals("killed by signal 7 (SIGBUS)", of("SIGBUS (0x7)",
            "V  [libjvm.so+0xabc]  Unsafe_GetInt+0x1").text(ABORTED, List.of()));
        assertEquals("killed by signal 11 (SIGSEGV)", of("SIGSEGV (0xb)",
            "C  0x0000000000000000").text(ABORTED, List.of()));
    }
}
