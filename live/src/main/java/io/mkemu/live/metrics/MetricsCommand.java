// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.metrics;

import io.mkemu.ExitCode;
import io.mkemu.cli.FurtherCommand;
import io.mkemu.cli.type.MachineOption;
import io.mkemu.host.view.MachineView;
import io.mkemu.machine.MachineDirectory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk metrics}: a machine's counters for Prometheus. */
@Command(name = "metrics", mixinStandardHelpOptions = true,
    header = "Prints what a machine counts, or serves it to Prometheus.", description = {
    "Prints what a machine counts, or serves it to Prometheus.",
    "It only reads the machine's RAM and asks no process. With --listen it goes on until Ctrl-C, also while no machine "
        + "of that name runs: mkemu_up is 0 then."},
    footer = {"", "Example: mk metrics --machine demo --listen 127.0.0.1:9464"})
public final class MetricsCommand implements FurtherCommand {
    @Mixin
    private MachineOption machine;

    @Option(names = "--listen", paramLabel = "ADDRESS:PORT", converter = ListenAddress.Converter.class,
        description = "Serve http://ADDRESS:PORT/metrics, in OpenMetrics or Prometheus' text format. PORT alone: on "
            + "127.0.0.1. There is no password: on another address whoever reaches it can read all.")
    private ListenAddress listen;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (listen == null) {
            byte[] text = MetricsText.openMetrics(new MetricsSource(machine.name()).read()).bytes();
            System.out.write(text, 0, text.length);
            System.out.flush();
            return ExitCode.OK.code();
        }
        String name = name();
        try (MetricsServer server = new MetricsServer(listen, new MetricsSource(name))) {
            InetSocketAddress at = server.address();
            System.err.println("mk: metrics of machine " + name + " at http://"
                + ListenAddress.text(listen.host(), at.getPort()) + "/metrics" + (at.getAddress().isLoopbackAddress()
                ? "" : "; warning: whoever reaches that address can read them, there is no password"));
            new CountDownLatch(1).await();
        }
        return ExitCode.OK.code();
    }

    /** Without a name: that of the machine there is now, for as long as it is served. */
    private String name() throws IOException {
        if (machine.name() != null) {
            return MachineDirectory.of(machine.name()).machine();
        }
        try (MachineView view = MachineView.open(null)) {
            return view.name();
        }
    }
}
