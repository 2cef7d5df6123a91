// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.system.modules.Awkward;
import io.mkemu.testkit.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is told of kernels that fail, hang and crash. */
class ReportIT extends LabMachine {
    private static final String CRASH = """
        #include <linux/module.h>
        static int *volatile nowhere;
        static int __init crash_init(void)
        {
            return *nowhere;
        }
        module_init(crash_init);
        MODULE_LICENSE("GPL");
        """;

    private Path file(int life) {
        return mk.machine("lab").resolve("report-instance-1-life-" + life + ".txt");
    }

    private String report(int life) throws Exception {
        /* It is written soon after the end, by a thread of its own. */
        Await.until(() -> Files.exists(file(life)));
        String report = Files.readString(file(life));
        assertTrue(report.startsWith("report of instance web (1), life " + life + "\n"), report);
        return report;
    }

    private static void has(String report, String... parts) {
        for (String part : parts) {
            assertTrue(report.contains(part), () -> "no " + part + " in\n" + report);
        }
    }

    @Test
    void anInstanceThatIsKilledIsReportedAndRestarted() throws Exception {
        says(CREATE);
        says("load", "web", "--modules", "echo", "--restart", "on-failure");
        says("exec", "web");
        mk.run("report", "web").refuses(7, "mk: there is no report of instance web: one is written when it fails");
        mk.run("pause", "web").ends(0);
        long pid = web().get("pid").asLong();
        Procs.signal("KILL", pid);
        Await.until(() -> Files.exists(file(1)));
        Await.until(this::isActiveAgain);
        assertEquals(report(1).lines().toList(), mk.run("report", "web").ends(0).out());
        has(report(1), "\nreason    killed by signal 9 (SIGKILL)\n", "\nprocess   pid " + pid + ", jvm kernel\n",
            "\nmodules   echo\n", "\n  CPU 1: logical 0, number 1, ", "; pending: nothing; ", "  IPI area\n",
            "\n  to CPU 1: nothing was ever sent\n", "Command line: ", "\n  not available: killed by SIGKILL");
        assertTrue(mk.run("dmesg", "web").ends(0).out().stream().anyMatch(line -> line.endsWith("mkemu: report: "
            + file(1))));
        /* A JVM that crashes. */
        Procs.signal("SEGV", web().get("pid").asLong());
        has(report(2), "\n  from " + mk.machine("lab").resolve("hs_err-instance-1.log") + ":",
            "---------------  T H R E A D  ---------------");
        assertEquals("report of instance web (1), life 1", mk.run("report", "web", "--life", "1").ends(0).out()
            .getFirst());
        end();
    }

    private boolean isActiveAgain() {
        try {
            return web().get("life").asInt() == 2 && web().get("state").asText().equals("active");
        } catch (Exception fault) {
            throw new AssertionError(fault);
        }
    }

    @Test
    void oneThatHangsTellsItsStacksBeforeItIsForced() throws Exception {
        says(CREATE);
        says("load", "web", "--module", ModuleJar.of(mk.work(), Awkward.class), "--cmdline", "awkward.in=task");
        says("exec", "web");
        mk.run("kill", "web", "--timeout", "0.5").ends(0);
        has(report(1), "\nreason    does not shut down within 500 ms\n", "\"cpu0\"", "io.mkemu.system.modules.Awkward");
        says("unload", "web");
        says("load", "web", "--modules", "echo");
        says("exec", "web");
        mk.run("kill", "web", "--report").ends(0);
        has(report(2), "\nreason    asked for by mk kill --report\n", "\"cpu0\"");
        List<String> log = mk.run("dmesg", "web").ends(0).out();
        assertTrue(log.stream().noneMatch(line -> line.contains("Full thread dump")), log::toString);
        end();
    }

    @Test
    void aCrashInCIsReportedWithItsStack() throws Exception {
        Path module = CModule.of(mk, "crash", CRASH);
        for (String kernel : List.of("native", "jvm")) {
            int life = kernel.equals("native") ? 1 : 2;
            if (life == 1) {
                says(CREATE);
            }
            says("load", "web", "--module", module, "--cmdline", "kernel=" + kernel);
            mk.run("exec", "web").endsWith(code -> code == 1, "1");
            has(report(life), "\nprocess   pid ", ", " + kernel + " kernel\n", "signal 11", "Call Trace:");
            if (life == 1) {
                says("unload", "web");
            }
        }
        assertTrue(mk.run("show").ends(0).out().contains("web: report " + file(2)));
        end();
    }
}
