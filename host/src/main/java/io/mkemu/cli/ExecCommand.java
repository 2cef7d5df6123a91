// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.cli.type.InstancesArgument;
import io.mkemu.cli.type.JoinFormat;
import io.mkemu.cli.type.Seconds;
import io.mkemu.cli.type.StatusText;
import io.mkemu.cli.type.VerbCommand;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk exec}: boots instances. */
@Command(name = "exec", mixinStandardHelpOptions = true,
    header = "Boots instances.", description = {
    "Boots instances that are loaded or failed, all at once, and waits until they are active."},
    footer = {"", "Example: mk exec web database"})
public final class ExecCommand extends VerbCommand {
    @Mixin
    private InstancesArgument instances;

    @Option(names = "--all", description = "All that are loaded or failed.")
    private boolean all;

    @Option(names = "--external", description = "Print the command that joins each instance, and wait until somebody "
        + "has run it.")
    private boolean external;

    @Mixin
    private JoinFormat format;

    @Option(names = "--no-wait", description = "Do not wait until they are active.")
    private boolean noWait;

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "30",
        description = "How long to wait; default ${DEFAULT-VALUE}. A kernel that boots goes on then, an external one "
            + "that nobody has joined is loaded again.")
    private Seconds timeout;

    @Override
    public ObjectNode request() {
        require(instances.isEmpty() == all, "name instances, or --all of them");
        ObjectNode request = object().put("external", external).put("noWait", noWait)
            .put("timeoutMillis", timeout.millis());
        format.putInto(request);
        return all ? request.put("all", true) : instances.putInto(request);
    }

    @Override
    public long waitMillis() {
        return timeout.millis();
    }

    @Override
    public void print(JsonNode result) {
        if (noWait) {
            /* What there is to say was said: how to join. */
            return;
        }
        for (JsonNode instance : result.path("instances")) {
            System.out.printf(Locale.ROOT, "%s: %s, pid %d, boot %.0f ms%n", instance.path("name").asText(),
                instance.path("state").asText(), instance.path("pid").asLong(), StatusText.bootMillis(instance));
        }
    }
}
