// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.tx;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.cli.type.ChangeText;
import io.mkemu.cli.type.MachineOption;
import io.mkemu.json.Json;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mk tx show}: one transaction. */
@Command(name = "show", mixinStandardHelpOptions = true, header = "Shows one change of a machine.",
    description = {
    "Shows what a transaction has changed, a line for each instance: + for made, - for removed, ~ for changed.",
    "With --before or --after it prints the machine as a device tree, as it was then: mk init of that file brings "
        + "the machine back to it."},
    footer = {"", "Example: mk tx show 7 --before > lab.dts"})
final class TxShowCommand implements Callable<Integer> {
    @Parameters(paramLabel = "N", converter = TransactionNumber.class, description = "Its number, as 7 or tx_7.")
    private int number;

    @Mixin
    private MachineOption machine;

    @ArgGroup
    private What what = new What();

    /** One of them. */
    static final class What {
        @Option(names = "--before", description = "Print the tree of the machine before it.")
        private boolean before;

        @Option(names = "--after", description = "Print the tree of the machine after it.")
        private boolean after;

        @Option(names = "--json", description = "Print one JSON object; memory in bytes, the time in ms since 1970.")
        private boolean json;
    }

    @Override
    public Integer call() throws IOException {
        ObjectNode fields = Json.object().put("number", number);
        if (what.before || what.after) {
            System.out.print(TransactionSource.ask(machine.name(), fields.put("tree", what.before ? "before" : "after"))
                .path("tree").asText());
            return ExitCode.OK.code();
        }
        JsonNode one = TransactionSource.ask(machine.name(), fields).path("transaction");
        if (what.json) {
            System.out.println(Json.text(one));
        } else {
            print(one);
        }
        return ExitCode.OK.code();
    }

    private static void print(JsonNode one) {
        System.out.println(one.path("tx").asText() + ": " + one.path("status").asText()
            + (one.has("rolledBackBy") ? " by " + one.path("rolledBackBy").asText() : "") + ", "
            + TransactionSource.time(one.path("timeMillis").asLong()) + ", " + one.path("source").asText());
        if (!one.path("error").asText().isEmpty()) {
            System.out.println(one.path("error").asText());
        }
        ChangeText.lines(one.path("changes")).forEach(System.out::println);
    }
}
