// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.MachineException;
import io.mkemu.cli.console.RunInKernel;
import io.mkemu.cli.type.InstancesArgument;
import io.mkemu.cli.type.JoinFormat;
import io.mkemu.cli.type.Seconds;
import io.mkemu.cli.type.StatusText;
import io.mkemu.cli.type.VerbCommand;
import io.mkemu.host.client.RemoteHost;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk exec}: boots instances, or runs a command in one. */
@Command(name = "exec", mixinStandardHelpOptions = true,
    header = "Boots instances, as mk start; with -- COMMAND runs it in one.", description = {
    "Boots instances that are loaded or failed, and waits until they are active.",
    "With -- COMMAND the module that reads the instance's console runs that, shell for example. Exit code: the "
        + "command's; 124 --timeout is over, 125 not run, 126 the kernel ended first."},
    footer = {"", "Example: mk exec web database; mk exec web -- cat /proc/interrupts"})
public class ExecCommand extends VerbCommand {
    private static final long DEFAULT_MILLIS = 30_000;

    @Mixin
    private InstancesArgument instances;

    @Option(names = "--all", description = "All that are loaded or failed.")
    private boolean all;

    @Option(names = "--external", description = "Print the command that joins each instance, and wait until somebody "
        + "has run it.")
    private boolean external;

    @Option(names = "--debug", description = "Let each kernel wait for a debugger before its modules begin, and print "
        + "the command that attaches one: gdb to a native kernel, jdb to a JVM. Ctrl-C ends what waits.")
    private boolean debug;

    @Mixin
    private JoinFormat format;

    @Option(names = "--no-wait", description = "Do not wait until they are active.")
    private boolean noWait;

    @Option(names = "--timeout", paramLabel = "SECONDS",
        description = "How long to wait; default 30, with --debug a day. A kernel that boots goes on then, an external "
            + "one that nobody has joined is loaded again.")
    private Seconds timeout;

    @Option(names = "--raw", description = "With -- COMMAND: print bytes as they are.")
    private boolean raw;

    @Override
    public Integer call() throws IOException {
        int words = wordsBehindDashes();
        if (words < 0) {
            require(!raw, "--raw is for -- COMMAND");
            return super.call();
        }
        List<String> line = instances.takeLast(words);
        require(words > 0, "a command is missing behind --");
        require(instances.only() != null && !all, "name one instance before --");
        require(!external && !debug && !noWait && !isJson(), "of the options --machine, --timeout and --raw go with "
            + "-- COMMAND");
        return run(instances.only(), line, timeout == null ? Long.MAX_VALUE
            : TimeUnit.MILLISECONDS.toNanos(timeout.millis()));
    }

    /** Runs a command in an instance; returns what to end with. */
    int run(String name, List<String> line, long nanos) throws IOException {
        return RunInKernel.run(machineName(), name, line, nanos, raw);
    }

    @Override
    public String verb() {
        return "exec";
    }

    @Override
    public ObjectNode request() {
        require(instances.isEmpty() == all, "name instances, or --all of them");
        require(!debug || !all, "--debug needs the names of the instances to debug");
        require(!debug || !external, "--debug is not for --external: start the process of that in the debugger, as "
            + "gdb --args COMMAND");
        ObjectNode request = object().put("external", external).put("debug", debug).put("noWait", noWait)
            .put("timeoutMillis", waitMillis());
        format.putInto(request);
        return all ? request.put("all", true) : instances.putInto(request);
    }

    @Override
    public long waitMillis() {
        return timeout != null ? timeout.millis() : debug ? TimeUnit.DAYS.toMillis(1) : DEFAULT_MILLIS;
    }

    /** Nobody is there any more to attach a debugger: what waits for one is ended. */
    @Override
    public String interrupted(RemoteHost host) {
        if (!debug) {
            return super.interrupted(host);
        }
        List<String> left = new ArrayList<>();
        for (JsonNode name : instances.putInto(object()).path("names")) {
            ObjectNode kill = object().put("force", true);
            kill.putArray("names").add(name);
            try {
                host.ask("kill", kill, 0, line -> { });
            } catch (IOException | MachineException refused) {
                left.add(refused.getMessage());
            }
        }
        return left.isEmpty() ? "what waited for a debugger is ended" : String.join("; ", left);
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
