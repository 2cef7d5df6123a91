// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.tx;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.client.RemoteHost;
import io.mkemu.host.tx.Transaction;
import io.mkemu.host.tx.TransactionFile;
import io.mkemu.host.tx.TransactionJson;
import io.mkemu.host.tx.Transactions;
import io.mkemu.host.view.MachineView;
import io.mkemu.json.Json;
import io.mkemu.machine.MachineDirectory;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** Where transactions are told: by the host, or by what a killed one left. */
final class TransactionSource {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

    private TransactionSource() {
    }

    /**
     * Asks for all, or for one.
     *
     * @param machine its name, or null
     * @param fields  none for all; number, and tree, as the host's verb has them
     * @return what the host's verb answers
     */
    static ObjectNode ask(String machine, ObjectNode fields) throws IOException {
        try (MachineView view = MachineView.open(machine)) {
            if (view.runs()) {
                try (RemoteHost host = RemoteHost.find(view.name())) {
                    return host.ask("transactions", fields, 0, line -> { });
                }
            }
            return remains(view.name(), fields);
        }
    }

    private static ObjectNode remains(String machine, ObjectNode fields) throws IOException {
        if (fields.has("tree")) {
            throw new MachineException(ExitCode.MACHINE, "machine \"" + machine + "\" is dead: only its host could "
                + "tell trees; without --before and --after mk tx show tells what has changed");
        }
        System.err.println("mk: machine \"" + machine + "\" is dead, its host was killed; this is what is left of it");
        TransactionFile.Contents left = TransactionFile.readRemains(MachineDirectory.of(machine).transactions());
        if (!left.problem().isEmpty()) {
            System.err.println("mk: " + left.problem());
        }
        List<Transaction> all = left.transactions();
        ObjectNode result = Json.object();
        if (fields.has("number")) {
            return result.set("transaction", TransactionJson.write(Transactions.find(fields.get("number").intValue(),
                all)));
        }
        all.forEach(one -> result.withArray("transactions").add(TransactionJson.summary(one)));
        return result;
    }

    /** A time in this time zone. */
    static String time(long millis) {
        return TIME.format(Instant.ofEpochMilli(millis).atZone(ZoneId.systemDefault()));
    }
}
