// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import io.mkemu.ExitCode;
import io.mkemu.cli.FurtherCommand;
import io.mkemu.cli.type.Interruptible;
import io.mkemu.cli.type.MachineOption;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mk web}: a page that shows a machine while it runs, or what was recorded of one. */
@Command(name = "web", mixinStandardHelpOptions = true,
    header = "Serves a page that shows a machine while it runs.", description = {
    "Serves a page that shows a machine while it runs: kernels, CPUs, memory, traffic, latencies, logs. Prints its "
        + "address, with a token: who has it can also exec and kill kernels. Only this machine can reach it, unless "
        + "--listen names an address.",
    "Where no machine runs, a demo of four kernels is started first; it ends with the page.",
    "With --journal, what was recorded of a machine, with a time to choose.",
    "Ctrl-C ends it (exit code 130). A machine that ends does not: it is shown again when it is made anew."},
    footer = {"", "Example: mk web --open"})
public final class WebCommand implements FurtherCommand {
    private static final int HIGHEST_PORT = 65535;
    private static final Pattern ADDRESS = Pattern.compile(
        "(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?!$)|$)){4}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*(%\\w+)?");

    @Mixin
    private MachineOption machine;

    @Option(names = "--journal", paramLabel = "DIR", description = "A journal, for its newest recording, or a "
        + "recording in it; of a machine that runs or is gone.")
    private Path journal;

    @Option(names = "--port", paramLabel = "N", defaultValue = "8642",
        description = "Port to listen at; 0 for any that is free; default ${DEFAULT-VALUE}.")
    private int port;

    @Option(names = "--listen", paramLabel = "ADDRESS", defaultValue = "127.0.0.1",
        description = "Address of this machine to listen at, 0.0.0.0 for all; default ${DEFAULT-VALUE}, which no "
            + "other machine reaches. There is no encryption: mind who can read the network.")
    private String listen;

    @Option(names = "--open", description = "Open the page in a browser, by xdg-open.")
    private boolean open;

    @Spec
    private CommandSpec command;

    @Override
    public Integer call() throws IOException {
        require(port >= 0 && port <= HIGHEST_PORT, "--port " + port + " is no port: 0 to " + HIGHEST_PORT);
        require(machine.name() == null || journal == null, "--machine or --journal, not both");
        InetAddress address = address();
        CountDownLatch stop = new CountDownLatch(1);
        Interruptible.run(stop::countDown, () -> {
            Hub hub = new Hub();
            boolean demo = journal == null && machine.name() == null && DemoMachine.isWanted();
            try (DemoMachine _ = demo ? demo() : null;
                Feed feed = journal != null ? new RecordedFeed(journal)
                    : new LiveFeed(demo ? DemoMachine.NAME : machine.name());
                WebServer server = new WebServer(address, port, hub, feed)) {
                server.start();
                tell(address, server);
                feed.run(hub, stop);
            }
        });
        return ExitCode.OK.code();
    }

    private static DemoMachine demo() throws IOException, InterruptedException {
        DemoMachine demo = DemoMachine.start();
        System.err.println("mk: no machine runs: a demo of four kernels was started, and ends with this page; mk run "
            + "and mk init make machines of your own");
        return demo;
    }

    private void tell(InetAddress address, WebServer server) {
        System.out.println(server.address());
        System.out.flush();
        if (!address.isLoopbackAddress()) {
            System.err.println("mk: other machines can reach this page at " + listen + ", without encryption: whoever "
                + "reads the network can take the token and kill kernels; better: ssh -L "
                + server.port() + ":127.0.0.1:" + server.port() + " and no --listen");
        }
        if (open) {
            Browser.open(server.addressForOne());
        }
    }

    /** Only what is an address: a name could lead anywhere. */
    private InetAddress address() {
        require(ADDRESS.matcher(listen).matches(), "--listen '" + listen
            + "' is no address: name one of this machine by its digits, 0.0.0.0 for all");
        try {
            return InetAddress.getByName(listen);
        } catch (UnknownHostException wrong) {
            throw new ParameterException(command.commandLine(), "--listen " + listen + " is no address: "
                + wrong.getMessage(), wrong);
        }
    }

    private void require(boolean good, String message) {
        if (!good) {
            throw new ParameterException(command.commandLine(), message);
        }
    }
}
