// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.tx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.memory.Region;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.Places;
import io.mkemu.tree.RestartPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The list of transactions, and what of it is left when its host is killed. */
@Timeout(120)
class TransactionsTest {
    @TempDir
    private Path directory;

    private final Map<String, Form> forms = new LinkedHashMap<>();
    private final List<String> warnings = new ArrayList<>();

    private Path file() {
        return directory.resolve("transactions");
    }

    private Transactions transactions() {
        return new Transactions(file(), () -> new LinkedHashMap<>(forms), warnings::add);
    }

    private static Form form(String name, int cpu) {
        return new Form(new InstanceSpec(cpu, name, List.of(cpu, 0), 1 << 20, "x=\"a b\" \u00e9", List.of("echo"), true,
            new RestartPolicy(true, 3, 100), List.of("-ea"), Places.NONE), true, List.of(new Region(4096, 1 << 20)));
    }

    private Transaction put(Transactions on, String name, int cpu) throws InterruptedException {
        return on.record("create " + name, List.of(name), 0, 0, () -> forms.put(name, form(name, cpu))).transaction();
    }

    private List<Transaction> left() throws IOException {
        TransactionFile.Contents left = TransactionFile.readRemains(file());
        assertEquals("", left.problem());
        return left.transactions();
    }

    @Test
    void whatIsRecordedIsLeftForOthersAsItWas() throws Exception {
        Transactions on = transactions();
        assertEquals(List.of(), left());
        put(on, "web", 1);
        Transactions.Work<Void> fails = () -> {
            throw new MachineException(ExitCode.RESOURCES, "CPU 1 is taken");
        };
        MachineException refused = assertThrows(MachineException.class,
            () -> on.record("update db", List.of("db"), 0, 0, fails));
        assertEquals("CPU 1 is taken", refused.getMessage());
        on.record("rollback tx_1", List.of("web"), 1, 0, () -> forms.remove("web"));
        assertEquals(List.of("tx_1 rolled-back create web [web] ", "tx_2 failed update db [db] CPU 1 is taken",
            "tx_3 applied rollback tx_1 [web] "), on.list().stream().map(one -> one.name() + " "
            + one.status().label() + " " + one.source() + " " + one.instances() + " " + one.error()).toList());
        assertEquals(List.of(new Change("web", null, form("web", 1))), on.find(1).changes());
        assertEquals(List.of(new Change("web", form("web", 1), null)), on.find(3).changes());
        assertEquals(3, on.find(1).undoneBy());
        assertEquals(on.list(), left());
        assertEquals("there is no transaction tx_4: kept are tx_1 to tx_3",
            assertThrows(MachineException.class, () -> on.find(4)).getMessage());
    }

    @Test
    void oneThatIsUnderWayIsPendingAndKeepsOthersOut() throws Exception {
        Transactions on = transactions();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<Transaction> first = CompletableFuture.supplyAsync(() -> {
            try {
                return on.record("init a.dts", List.of("web"), 0, 0, () -> {
                    begun.countDown();
                    goOn.await();
                    /* Within a turn there may be another, of the same thread. */
                    return on.inTurn("inner", 0, () -> forms.put("web", form("web", 1)));
                }).transaction();
            } catch (InterruptedException stop) {
                throw new IllegalStateException(stop);
            }
        });
        begun.await();
        assertEquals("the machine is just being changed by another: tx_1 (init a.dts) has not ended; mk tx list shows "
            + "it, try again after it", assertThrows(MachineException.class, () -> put(on, "db", 2)).getMessage());
        assertEquals(TransactionStatus.PENDING, on.find(1).status());
        Transaction left = left().getFirst();
        assertEquals(TransactionStatus.PENDING, left.status());
        assertEquals("the host was killed in the midst of it", left.error());
        goOn.countDown();
        assertEquals(TransactionStatus.APPLIED, first.get().status());
        assertEquals(2, put(on, "db", 2).number());
    }

    @Test
    void aLineThatIsSpoiltCostsNoOther() throws Exception {
        Transactions on = transactions();
        for (int cpu = 1; cpu <= 3; cpu++) {
            put(on, "n" + cpu, cpu);
        }
        List<String> lines = new ArrayList<>(Files.readAllLines(file()));
        lines.set(3, lines.get(3).substring(0, 40));
        lines.set(4, "{\"tx\":\"x\"}");
        Files.writeString(file(), String.join("\n", lines) + "\n{\"tx\":\"tx_9\",\"ti");
        TransactionFile.Contents left = TransactionFile.readRemains(file());
        assertEquals(file() + ": 3 lines are (the first is line 4) no transaction and passed over", left.problem());
        assertEquals(List.of(1, 3), left.transactions().stream().map(Transaction::number).toList());
        /* The host has its own list: with the next transaction all are in the file again. */
        put(on, "n4", 4);
        assertEquals(List.of(1, 2, 3, 4), left().stream().map(Transaction::number).toList());
        Files.delete(file());
        put(on, "n5", 5);
        assertEquals(on.list(), left());
        assertEquals(List.of(), warnings);
    }

    @Test
    void theListIsBoundedInNumberAndBytes() throws Exception {
        Transactions on = transactions();
        for (int round = 0; round < Transactions.MOST + 20; round++) {
            on.record("update web", List.of("web"), 0, 0, () -> null);
        }
        assertEquals(Transactions.MOST, on.list().size());
        assertEquals(21, on.list().getFirst().number());
        assertEquals(Transactions.MOST + 20, left().getLast().number());
        for (int round = 0; round < 2 * Transactions.MOST; round++) {
            on.record("update web", List.of("web"), 0, 0, () -> null);
        }
        assertTrue(Files.readAllLines(file()).size() <= 5 * Transactions.MOST, "the file grows without a limit");
        String large = "x".repeat((int) Transactions.MOST_BYTES / 4);
        for (int round = 0; round < 9; round++) {
            on.record(large, List.of(), 0, 0, () -> null);
        }
        assertEquals(3, on.list().size());
        assertEquals(on.list().getLast().number(), left().getLast().number());
        assertTrue(Files.size(file()) < 4 * Transactions.MOST_BYTES, "the file grows without a limit");
    }

    @Test
    void aFileThatCannotBeWrittenIsSaidOnceAndStopsNothing() throws Exception {
        Files.createDirectory(directory.resolve("transactions.new"));
        Transactions on = transactions();
        put(on, "web", 1);
        put(on, "db", 2);
        assertEquals(1, warnings.size(), warnings::toString);
        assertTrue(warnings.getFirst().startsWith("transactions cannot be written to the machine's directory ("),
            warnings::toString);
        assertEquals(2, on.list().size());
    }
}
