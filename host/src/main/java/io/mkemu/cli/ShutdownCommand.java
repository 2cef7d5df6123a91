// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.cli.type.Seconds;
import io.mkemu.cli.type.VerbCommand;
import io.mkemu.host.client.RemoteHost;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mk shutdown}: ends a machine. */
@Command(name = "shutdown", mixinStandardHelpOptions = true,
    header = "Ends a machine.", description = {
    "Ends a machine: its instances' kernels, then the host's; returns when no process and no file of it is left. A "
        + "machine of mk run or mk demo ends its run."},
    footer = {"", "Example: mk shutdown --machine lab"})
final class ShutdownCommand extends VerbCommand {
    /** The host's own kernel, and what hangs, have a few seconds on top of what the instances have. */
    private static final long HOST_MILLIS = 15_000;
    private static final long GONE_MILLIS = 60_000;

    @Option(names = {"-f", "--force"}, description = "Do not ask the instances' modules.")
    private boolean force;

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "30",
        description = "How long the instances' modules have; default ${DEFAULT-VALUE}.")
    private Seconds timeout;

    private String name;

    @Override
    public ObjectNode request() {
        return object().put("force", force).put("timeoutMillis", timeout.millis());
    }

    @Override
    public long waitMillis() {
        return timeout.millis() + HOST_MILLIS;
    }

    @Override
    public void finish(RemoteHost host) throws IOException {
        name = host.directory().machine();
        host.awaitGone(GONE_MILLIS);
    }

    @Override
    public void print(JsonNode result) {
        result.path("forced").forEach(line -> System.out.println(line.asText()));
        System.out.println("machine " + name + ": ended");
    }
}
