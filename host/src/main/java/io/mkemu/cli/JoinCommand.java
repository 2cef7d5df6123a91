// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.cli.type.MachineOption;
import io.mkemu.cli.type.Seconds;
import io.mkemu.host.client.RemoteHost;
import io.mkemu.host.life.ExternalProcess;
import io.mkemu.host.life.InstanceCommand;
import io.mkemu.host.life.KernelKind;
import io.mkemu.json.Json;
import io.mkemu.os.Affinity;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mk join}: what a process asks that is to be an instance, in a container of its own for example. */
@Command(name = "join", hidden = true, mixinStandardHelpOptions = true,
    header = "Begins a life of an instance and prints the command that is it.", description = {
    "Waits for the machine, begins a life of an instance, and prints the command of a JVM that is its kernel, for a "
        + "shell; its CPUs are to run on the host CPUs that this process may use. In mkemu's image, where mk is the "
        + "entry point, the container goes on as that JVM. A life that waits to be joined is given up for it."},
    footer = {"", "Example: eval \"exec $(mk join web)\""})
final class JoinCommand implements Callable<Integer> {
    @Mixin
    private MachineOption machine;

    @Parameters(paramLabel = "NAME", description = "Name of the instance, or its id.")
    private String name;

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "60",
        description = "How long to wait for the machine to run; default ${DEFAULT-VALUE}.")
    private Seconds timeout;

    @Override
    public Integer call() throws IOException {
        ObjectNode request = Json.object().put("name", name);
        Affinity.allowed().stream().forEach(request.putArray("hostCpus")::add);
        try (RemoteHost host = RemoteHost.await(machine.name(), timeout.millis())) {
            JsonNode instance = host.ask("join", request, 0, line -> { }).path("instances").path(0);
            List<String> modules =
                StreamSupport.stream(instance.path("modules").spliterator(), false).map(JsonNode::asText).toList();
            KernelKind kernel = instance.path("kernel").asText().equals(KernelKind.NATIVE.label())
                ? KernelKind.NATIVE : KernelKind.JVM;
            System.out.println(ExternalProcess.command(InstanceCommand.of(kernel, host.directory(),
                instance.path("id").asInt(), instance.path("cmdline").asText(), modules)));
        }
        return ExitCode.OK.code();
    }
}
