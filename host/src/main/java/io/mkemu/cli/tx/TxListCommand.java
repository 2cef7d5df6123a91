// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.tx;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.ExitCode;
import io.mkemu.cli.type.MachineOption;
import io.mkemu.json.Json;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mk tx list}: the transactions of a machine. */
@Command(name = "list", mixinStandardHelpOptions = true, header = "Lists the changes of a machine.", description = {
    "Lists what has changed the tree of a machine, the oldest first: the last 1000 transactions, also of a machine "
        + "whose host was killed. Statuses: pending, applied, failed, rolled-back."},
    footer = {"", "Example: mk tx list --machine lab"})
final class TxListCommand implements Callable<Integer> {
    private static final String ROW = "%-8s %-19s  %-11s  %s%n";

    @Mixin
    private MachineOption machine;

    @Option(names = "--json", description = "Print one JSON object {transactions}; times in ms since 1970.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        JsonNode result = TransactionSource.ask(machine.name(), Json.object());
        if (json) {
            System.out.println(Json.text(result));
            return ExitCode.OK.code();
        }
        List<JsonNode> all = StreamSupport.stream(result.path("transactions").spliterator(), false).toList();
        System.out.printf(Locale.ROOT, ROW, "tx", "time", "status", "source");
        for (JsonNode one : all) {
            System.out.printf(Locale.ROOT, ROW, one.path("tx").asText(), TransactionSource.time(
                one.path("timeMillis").asLong()), one.path("status").asText(), one.path("source").asText());
        }
        all.stream().filter(one -> !one.path("error").asText().isEmpty()).forEach(one -> System.out.println(
            one.path("tx").asText() + ": " + one.path("error").asText()));
        return ExitCode.OK.code();
    }
}
