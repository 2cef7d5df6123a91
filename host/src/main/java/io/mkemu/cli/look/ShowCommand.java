// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.look;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.type.InstanceArgument;
import io.mkemu.cli.type.StatusText;
import io.mkemu.cli.type.VerbCommand;
import io.mkemu.host.snapshot.SavedMachine;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk show}: a machine and its instances. */
@Command(name = "show", mixinStandardHelpOptions = true,
    header = "Prints a machine and its instances.", description = {
    "Prints a machine and its instances as their host knows them. Exit code 0 if and only if the host answers and "
        + "is up, so it serves as a health check."},
    footer = {"", "Example: mk show web -v"})
public final class ShowCommand extends VerbCommand {
    @Mixin
    private InstanceArgument instance;

    @Option(names = {"-v", "--verbose"}, description = "Also host CPUs, modules, boot parameters, restarts, the steps "
        + "of the last boot, counters.")
    private boolean verbose;

    @Override
    public ObjectNode request() {
        require(instance.isNone() || instance.isOne(), "name one instance, by NAME or by --id N, or none for all");
        ObjectNode request = object();
        instance.names().forEach(request.putArray("names")::add);
        return request;
    }

    @Override
    public ObjectNode saved(SavedMachine machine) {
        ObjectNode all = machine.said().show();
        if (instance.isNone()) {
            return all;
        }
        String wanted = instance.names().getFirst();
        String id = wanted.startsWith("#") ? wanted.substring(1) : wanted;
        List<JsonNode> instances = all.path("instances").valueStream().toList();
        JsonNode found = instances.stream().filter(one -> one.path("name").asText().equals(wanted)).findFirst()
            .or(() -> instances.stream().filter(one -> one.path("id").asText().equals(id)).findFirst())
            .orElseThrow(() -> new MachineException(ExitCode.STATE, "there is no instance \"" + wanted
                + "\": the snapshot has " + instances.stream().map(one -> one.path("name").asText())
                .collect(Collectors.joining(", "))));
        ObjectNode result = object();
        result.set("machine", all.path("machine"));
        result.putArray("instances").add(found);
        return result;
    }

    @Override
    public JsonNode json(ObjectNode result) {
        return instance.isNone() ? result : result.path("instances").path(0);
    }

    @Override
    public void print(JsonNode result) {
        StatusText.print(result, verbose, System.out);
    }

    @Override
    public ExitCode exitCode(JsonNode result) {
        JsonNode machine = result.path("machine");
        if (machine.path("state").asText().equals("active")) {
            return ExitCode.OK;
        }
        System.err.println("mk: machine \"" + machine.path("name").asText() + "\" is not up: its host's kernel is "
            + machine.path("state").asText() + "; it is just beginning or ending");
        return ExitCode.MACHINE;
    }
}
