// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.tx;

import java.util.List;

/**
 * A change of a machine: what of {@code mk dump} it changes, all or nothing. Immutable.
 *
 * @param number    counted from 1 on each machine
 * @param millis    when it began, since 1970, in ms
 * @param status    what has become of it
 * @param source    what asked for it: the verb with its instances, an overlay's or a tree's name
 * @param instances those it is about, by name
 * @param changes   what it has changed; none while it is pending
 * @param error     why it failed, or empty
 * @param undoes    the number of the transaction that it rolls back, or 0
 * @param undoneBy  the number of the transaction that has rolled it back, or 0
 */
public record Transaction(int number, long millis, TransactionStatus status, String source, List<String> instances,
                          List<Change> changes, String error, int undoes, int undoneBy) {
    public Transaction {
        instances = List.copyOf(instances);
        changes = List.copyOf(changes);
    }

    /** {@code tx_7}. */
    public String name() {
        return name(number);
    }

    /** {@code tx_7}. */
    public static String name(int number) {
        return "tx_" + number;
    }

    /** What has become of it in the end. */
    Transaction ended(TransactionStatus how, List<Change> made, String why) {
        List<String> names = made.isEmpty() ? instances : made.stream().map(Change::name).toList();
        return new Transaction(number, millis, how, source, names, made, why, undoes, undoneBy);
    }

    /** It was undone. */
    Transaction rolledBack(int by) {
        return new Transaction(number, millis, TransactionStatus.ROLLED_BACK, source, instances, changes, error,
            undoes, by);
    }
}
