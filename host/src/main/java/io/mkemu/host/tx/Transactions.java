// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.tx;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The changes of a machine, one after the other, and the list of them. The list is this object's: what it writes to a
 * file is for those who come when the host is dead. Any thread; to list them waits for no change.
 */
public final class Transactions {
    /** So many are kept; of large ones fewer. */
    public static final int MOST = 1000;
    /** So much are the lines of all that are kept, in bytes; one that is longer is kept alone. */
    static final long MOST_BYTES = 8 << 20;
    /** With as many the file is made anew. */
    private static final int LINES_OF_FILE = 4 * MOST;
    private static final long BYTES_OF_FILE = 3 * MOST_BYTES;

    private final ReentrantLock turn = new ReentrantLock(true);
    private final TransactionFile file;
    private final Supplier<Map<String, Form>> forms;
    private final Consumer<String> warn;
    private final TreeMap<Integer, Transaction> all = new TreeMap<>();
    private final TreeMap<Integer, Long> lengths = new TreeMap<>();
    private long bytes;
    private int last;
    private boolean warned;
    private volatile String now = "";

    /** What is to be done. */
    @FunctionalInterface
    public interface Work<T> {
        T run() throws InterruptedException;
    }

    /**
     * What has been done.
     *
     * @param transaction as it is recorded
     * @param result      of the work
     */
    public record Done<T>(Transaction transaction, T result) {
    }

    /**
     * No transaction yet.
     *
     * @param file  what is left of them when the host is killed; made with the first one
     * @param forms what the instances are now, by name
     * @param warn  told, once, that the file cannot be written
     */
    public Transactions(Path file, Supplier<Map<String, Form>> forms, Consumer<String> warn) {
        this.file = new TransactionFile(file);
        this.forms = forms;
        this.warn = warn;
    }

    /**
     * Does something while nobody else changes the machine, and records nothing of it. The work may record what it
     * does with {@link #record}.
     *
     * @param what         as others are told it who want the turn meanwhile
     * @param patienceMillis how long to wait for the turn
     * @throws MachineException with STATE, that names who has it, if it is not had in time
     */
    public <T> T inTurn(String what, long patienceMillis, Work<T> work) throws InterruptedException {
        if (!turn.tryLock(patienceMillis, TimeUnit.MILLISECONDS)) {
            throw new MachineException(ExitCode.STATE, "the machine is just being changed by another: " + now
                + " has not ended; mk tx list shows it, try again after it");
        }
        String outer = now;
        try {
            now = what;
            return work.run();
        } finally {
            now = outer;
            turn.unlock();
        }
    }

    /**
     * Does something in a turn, and records it: before as pending, afterwards what came of it.
     *
     * @param source    what asked for it
     * @param instances those it is about
     * @param undoes    the number of the transaction that it rolls back, or 0
     * @param patienceMillis as in {@link #inTurn}
     */
    public <T> Done<T> record(String source, Collection<String> instances, int undoes, long patienceMillis,
        Work<T> work) throws InterruptedException {
        return inTurn(source, patienceMillis, () -> {
            Transaction begun = begin(source, instances, undoes);
            now = begun.name() + " (" + source + ")";
            TransactionProbe.step();
            Map<String, Form> before = forms.get();
            try {
                T result = work.run();
                return new Done<>(end(begun.ended(TransactionStatus.APPLIED, Change.between(before, forms.get()), "")),
                    result);
            } catch (RuntimeException | Error | InterruptedException fault) {
                end(begun.ended(TransactionStatus.FAILED, Change.between(before, forms.get()),
                    fault instanceof MachineException refused ? refused.getMessage() : fault.toString()));
                throw fault;
            }
        });
    }

    private synchronized Transaction begin(String source, Collection<String> instances, int undoes) {
        Transaction begun = new Transaction(++last, System.currentTimeMillis(), TransactionStatus.PENDING, source,
            List.copyOf(instances), List.of(), "", undoes, 0);
        put(begun);
        return begun;
    }

    private synchronized Transaction end(Transaction ended) {
        put(ended);
        Transaction undone = all.get(ended.undoes());
        if (undone != null && ended.status() == TransactionStatus.APPLIED) {
            put(undone.rolledBack(ended.number()));
        }
        return ended;
    }

    private void put(Transaction transaction) {
        long length = Json.text(TransactionJson.write(transaction)).length();
        all.put(transaction.number(), transaction);
        Long former = lengths.put(transaction.number(), length);
        bytes += length - (former == null ? 0 : former);
        while (all.size() > MOST || bytes > MOST_BYTES && all.size() > 1) {
            bytes -= lengths.pollFirstEntry().getValue();
            all.pollFirstEntry();
        }
        try {
            if (file.lines() < LINES_OF_FILE && file.size() < BYTES_OF_FILE) {
                file.append(transaction, all.values());
            } else {
                file.rewrite(all.values());
            }
        } catch (IOException refused) {
            if (!warned) {
                warned = true;
                warn.accept("transactions cannot be written to the machine's directory (" + refused
                    + "): mk tx list knows them as long as this host lives");
            }
        }
    }

    /** Those that are kept, by ascending number. */
    public synchronized List<Transaction> list() {
        return List.copyOf(all.values());
    }

    /**
     * One of them.
     *
     * @throws MachineException if there is none of that number, or not any more
     */
    public synchronized Transaction find(int number) {
        return find(number, list());
    }

    /**
     * One of a list.
     *
     * @throws MachineException if there is none of that number, or not any more
     */
    public static Transaction find(int number, List<Transaction> of) {
        return of.stream().filter(one -> one.number() == number).findFirst().orElseThrow(() -> new MachineException(
            ExitCode.STATE, "there is no transaction " + Transaction.name(number) + ": " + (of.isEmpty()
            ? "nothing has changed the machine yet" : "kept are " + of.getFirst().name() + " to "
            + of.getLast().name())));
    }
}
