// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.tx;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.cli.type.ChangeText;
import io.mkemu.cli.type.VerbCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mk tx rollback}: undoes a transaction. */
@Command(name = "rollback", mixinStandardHelpOptions = true, header = "Undoes a change of a machine.", description = {
    "Undoes a transaction, all of it or nothing, and is one itself. Refused if something stands in its way: a later "
        + "change of the same instance, CPUs or memory that another instance has now, a kernel that runs. What lay in "
        + "memory and kernel logs does not come back."},
    footer = {"", "Example: mk tx rollback 7 --machine lab"})
final class TxRollbackCommand extends VerbCommand {
    @Parameters(paramLabel = "N", converter = TransactionNumber.class, description = "Its number, as 7 or tx_7.")
    private int number;

    @Option(names = "--dry-run", description = "Only look whether it could be done, and show what it would change.")
    private boolean dryRun;

    @Override
    public ObjectNode request() {
        return object().put("number", number).put("dryRun", dryRun);
    }

    @Override
    public long waitMillis() {
        return KERNELS_MILLIS;
    }

    @Override
    public void print(JsonNode result) {
        ChangeText.lines(result.path("changes")).forEach(System.out::println);
        System.out.println(dryRun ? "dry run, nothing is changed" : result.path("tx").asText() + ": applied");
    }
}
