// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.cli.type.InstancesArgument;
import io.mkemu.cli.type.Seconds;
import io.mkemu.cli.type.VerbCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk kill}: ends the kernels of instances. */
@Command(name = "kill", mixinStandardHelpOptions = true,
    header = "Ends the kernels of instances.", description = {
    "Ends the kernels of instances that are active: their modules exit, their CPUs park; they are loaded then. What "
        + "does not end in time is forced."},
    footer = {"", "Example: mk kill web"})
public final class KillCommand extends VerbCommand {
    /** A report takes a second at the most. */
    private static final long REPORT_MILLIS = 60_000;

    @Mixin
    private InstancesArgument instances;

    @Option(names = "--all", description = "All that are active.")
    private boolean all;

    @Option(names = {"-f", "--force"}, description = "Do not ask the modules; also ends a kernel that is just booting "
        + "or hangs. May be repeated.")
    private boolean force;

    @Option(names = "--report", description = "Write a report of each first: what its CPUs do, and the stacks of its "
        + "threads; mk report prints it.")
    private boolean report;

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "30",
        description = "How long the modules have; default ${DEFAULT-VALUE}.")
    private Seconds timeout;

    @Override
    public ObjectNode request() {
        require(instances.isEmpty() == all, "name instances, or --all of them");
        ObjectNode request = object().put("force", force).put("timeoutMillis", timeout.millis());
        if (report) {
            request.put("report", true);
        }
        return all ? request.put("all", true) : instances.putInto(request);
    }

    @Override
    public long waitMillis() {
        return timeout.millis() + (report ? REPORT_MILLIS : 0);
    }

    @Override
    public void print(JsonNode result) {
        result.path("forced").forEach(line -> System.out.println(line.asText()));
        super.print(result);
    }
}
