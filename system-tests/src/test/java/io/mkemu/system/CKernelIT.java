// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two kernels in C, one of them with two CPUs: src/test/c/echo.c. */
class CKernelIT {
    private static final int TRIPS = 3000;
    private static final int WATCHDOG_MINUTES = 10;

    @RegisterExtension
    final Mk mk = new Mk();

    private final List<Process> joined = new ArrayList<>();

    @AfterEach
    void nobodyStays() throws InterruptedException {
        for (Process process : joined) {
            process.destroyForcibly().waitFor();
        }
    }

    private Path tree(int policy) throws IOException {
        return Files.writeString(mk.work().resolve("echo.dts"), """
            /dts-v1/;
            / {
                compatible = "multikernel-v1";
                resources { cpus = <0 1 2 3>; memory-bytes = <0x2000000>; };
                instances {
                    echo {
                        id = <1>;
                        mkemu,external;
                        resources { cpus = <1 2>; memory-bytes = <0x1000000>; };
                        chosen { bootargs = "echo.policy=%1$d"; };
                    };
                    asker {
                        id = <2>;
                        mkemu,external;
                        resources { cpus = <3>; memory-bytes = <0x1000000>; };
                        chosen { bootargs = "echo.policy=%1$d echo.partner=1 echo.trips=%2$d"; };
                    };
                };
            };
            """.formatted(policy, TRIPS));
    }

    private MkProcess run(int policy, String... flags) throws Exception {
        Path binary = CPeer.compile(mk, "echo.c");
        List<String> arguments = new ArrayList<>(List.of("run"));
        arguments.addAll(List.of(flags));
        arguments.add(tree(policy).toString());
        MkProcess run = mk.start(arguments.toArray());
        run.awaitOut(2, "waits to be joined: PROGRAM");
        for (String line : run.out("waits to be joined: PROGRAM")) {
            joined.add(new ProcessBuilder("sh", "-c", "exec " + binary + line.substring(line.indexOf("PROGRAM") + 7))
                .redirectOutput(Redirect.INHERIT).redirectError(Redirect.INHERIT).start());
        }
        run.ends(0);
        for (Process process : joined) {
            assertTrue(process.waitFor(WATCHDOG_MINUTES, TimeUnit.MINUTES), "a kernel in C does not end");
            assertEquals(0, process.exitValue(), run::describe);
        }
        return run;
    }

    @ParameterizedTest
    @CsvSource({"queued, 0", "queued, 1", "queued, 2", "single-slot, 0"})
    void eachOfItsCpusAnswers(String ipi, int policy) throws Exception {
        MkProcess run = run(policy, "--ipi", ipi);
        for (int cpu = 1; cpu <= 2; cpu++) {
            assertEquals(1, run.out("asker: echo: CPU " + cpu + " answered " + TRIPS + " messages, 0 wrong").size(),
                run::describe);
        }
        assertEquals(3, run.out("^ +[012] +[\\w-]+ +active").size(), run::describe);
    }

    @Test
    void whatItDoesIsInTheJournal() throws Exception {
        String journal = mk.work().resolve("journal").toString();
        run(0, "--journal", journal, "--trace", "ipi");
        JsonNode summary = mk.json("trace", "--summary", "--journal", journal);
        assertEquals(4 * TRIPS, summary.get("sent").intValue() + summary.at("/gaps/sends").intValue(),
            summary::toString);
        assertEquals(4 * TRIPS, summary.get("delivered").intValue() + summary.at("/gaps/deliveries").intValue(),
            summary::toString);
        assertEquals(0, summary.get("undelivered").intValue() + summary.get("unsent").intValue(), summary::toString);
        assertEquals(2, summary.get("pairs").size(), summary::toString);
        for (JsonNode pair : summary.get("pairs")) {
            assertEquals(2 * TRIPS, pair.get("sent").intValue(), pair::toString);
            assertEquals(2 * TRIPS, pair.at("/send_to_callback/count").intValue(), pair::toString);
        }
        MkProcess refused = mk.start("trace", "--journal", journal, "--event", "refused");
        refused.ends(0);
        assertEquals(1, refused.out("refused: .*EINVAL").size(), refused::describe);
    }
}
