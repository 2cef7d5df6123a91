// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.host.view.MachineSummary;
import io.mkemu.json.Json;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mk list}: this user's machines. */
@Command(name = "list", mixinStandardHelpOptions = true,
    header = "Lists the machines.", description = {
    "Lists this user's machines: those that run, those whose host was killed, and "
        + "those whose directory somebody has removed under their host. Links and directories of other users in their "
        + "place are refused, each with the reason."},
    footer = {"", "Example: mk list --json"})
final class ListCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print one JSON array of {name, state, pid, active, kernels, directory, "
        + "problem} and nothing else on stdout.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        List<MachineSummary> machines = MachineSummary.all();
        if (json) {
            ArrayNode array = Json.array();
            machines.forEach(machine -> array.add(json(machine)));
            System.out.println(Json.text(array));
            return ExitCode.OK.code();
        }
        int width = Math.max(4, machines.stream().mapToInt(machine -> machine.name().length()).max().orElse(4));
        String row = "%-" + width + "s  %-7s %8s  %7s  %s%n";
        System.out.printf(Locale.ROOT, row, "name", "state", "host pid", "kernels", "directory");
        for (MachineSummary machine : machines) {
            System.out.printf(Locale.ROOT, row, machine.name(), machine.state(),
                machine.pid() == 0 ? "-" : machine.pid(),
                machine.kernels() == 0 ? "-" : machine.active() + "/" + machine.kernels(), machine.directory());
        }
        machines.stream().filter(machine -> machine.problem() != null).forEach(
            machine -> System.out.println(machine.name() + ": " + machine.problem()));
        if (machines.stream().anyMatch(machine -> machine.state().equals(MachineSummary.DEAD))) {
            System.out.println("dead: the host was killed; mk init or mk run of that name clears what it left");
        }
        if (machines.stream().anyMatch(machine -> machine.state().equals(MachineSummary.REMOVED))) {
            System.out.println("removed: somebody has removed the directory; the host ends by itself within seconds, "
                + "unless it is stopped or hangs: kill -9 ends it then");
        }
        return ExitCode.OK.code();
    }

    private static ObjectNode json(MachineSummary machine) {
        return Json.object().put("name", machine.name()).put("state", machine.state())
            .put("pid", machine.pid()).put("active", machine.active()).put("kernels", machine.kernels())
            .put("directory", machine.directory().toString()).put("problem", machine.problem());
    }
}
