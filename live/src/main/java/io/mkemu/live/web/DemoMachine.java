// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.Main;
import io.mkemu.host.client.BackgroundHost;
import io.mkemu.host.client.RemoteHost;
import io.mkemu.host.view.MachineSummary;
import io.mkemu.journal.DiskFile;
import io.mkemu.json.Json;
import io.mkemu.machine.MachineDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A machine to look at where there is none: four kernels that send to each other, recorded. It ends with the page. One
 * thread.
 */
final class DemoMachine implements AutoCloseable {
    static final String NAME = "demo";
    private static final long WAIT_MILLIS = TimeUnit.MINUTES.toMillis(1);

    private final Path journal;
    /* Of its host; 0 until that is up. Somebody may end this machine and make another one of its name. */
    private long pid;

    private DemoMachine(Path journal) {
        this.journal = journal;
    }

    /** Whether there is no machine at all, not even what is left of one. */
    static boolean isWanted() throws IOException {
        return MachineSummary.all().isEmpty();
    }

    /**
     * Makes it and boots its kernels.
     *
     * @throws MachineException as mk init and mk exec are refused; nothing is left then
     */
    static DemoMachine start() throws IOException, InterruptedException {
        MachineDirectory directory = MachineDirectory.of(NAME);
        BackgroundHost.requireFree(directory);
        DemoMachine demo = new DemoMachine(Files.createTempDirectory("mkemu-web-"));
        try {
            BackgroundHost.start(directory, tree(), List.of(Main.class.getName(), "host", "-", "--machine", NAME,
                "--background", "--journal", demo.journal.toString(), "--journal-max", "64M"), WAIT_MILLIS);
            try (RemoteHost host = RemoteHost.find(NAME)) {
                demo.pid = pid(host);
                host.ask("exec", Json.object().put("all", true).put("timeoutMillis", WAIT_MILLIS), WAIT_MILLIS,
                    line -> { });
            }
            return demo;
        } catch (IOException | InterruptedException | RuntimeException | Error fault) {
            try (demo) {
                throw fault;
            }
        }
    }

    private static long pid(RemoteHost host) throws IOException {
        return host.ask("show", Json.object(), 0, line -> { }).path("machine").path("pid").asLong();
    }

    private static String tree() throws IOException {
        try (InputStream in = DemoMachine.class.getResourceAsStream("demo.dts")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Ends it, if it runs still, and removes what was recorded. */
    @Override
    public void close() throws IOException {
        try {
            if (pid != 0) {
                shutDown();
            }
        } finally {
            DiskFile.deleteTree(journal);
        }
    }

    private void shutDown() throws IOException {
        try (RemoteHost host = RemoteHost.find(NAME)) {
            if (pid(host) == pid) {
                host.ask("shutdown", Json.object(), WAIT_MILLIS, line -> { });
                host.awaitGone(WAIT_MILLIS);
            }
        } catch (MachineException refused) {
            if (refused.exitCode() != ExitCode.MACHINE) {
                throw refused;
            }
            /* Somebody has ended it. */
        }
    }
}
