// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.cli.type.InstanceArgument;
import io.mkemu.cli.type.ModulePaths;
import io.mkemu.cli.type.VerbCommand;
import io.mkemu.tree.RestartPolicy;
import java.util.Arrays;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk load}: what an instance is to run. */
@Command(name = "load", mixinStandardHelpOptions = true,
    header = "Names modules and boot parameters of an instance.", description = {
    "Names the modules and boot parameters of an instance that is ready or failed: it is loaded then."},
    footer = {"", "Example: mk load web --modules echo --cmdline \"idle=halt\" --restart on-failure:3"})
public final class LoadCommand extends VerbCommand {
    @Mixin
    private InstanceArgument instance;

    @Mixin
    private ModulePaths modules;

    @Option(names = {"-c", "--cmdline"}, paramLabel = "STRING", description = "Boot parameters, as \"idle=halt "
        + "echo.type=0x77\".")
    private String cmdline = "";

    @Option(names = "--restart", paramLabel = "POLICY", description = "When it "
        + "fails: never (the default), on-failure, or on-failure:N for at most N times in a row.")
    private RestartPolicy restart = RestartPolicy.NEVER;

    @Option(names = "--jvm-options", paramLabel = "STRING", description = "Options of its JVM, separated by blanks, as "
        + "\"-Xmx64m -ea\", instead of those that it has; \"\" for none.")
    private String jvmOptions;

    @Override
    public ObjectNode request() {
        require(instance.isOne(), "name one instance: NAME or --id N");
        ObjectNode request = object().put("name", instance.name()).put("cmdline", cmdline)
            .put("restart", restart.toString());
        modules.all().forEach(request.putArray("modules")::add);
        if (jvmOptions != null) {
            ArrayNode options = request.putArray("jvmOptions");
            Arrays.stream(jvmOptions.split(" ")).filter(option -> !option.isEmpty()).forEach(options::add);
        }
        return request;
    }
}
