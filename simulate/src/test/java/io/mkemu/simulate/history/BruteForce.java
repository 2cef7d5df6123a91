// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.history;

import io.mkemu.module.SequentialModel;
import java.util.ArrayList;
import java.util.List;

/** Tries all orders of all choices of the pending operations, by the definition; for few operations. */
final class BruteForce<S> {
    private final History history;
    private final SequentialModel<S> model;
    private final int last;
    private final List<Integer> operations = new ArrayList<>();

    /** Of the prefix up to an event. */
    private BruteForce(History history, SequentialModel<S> model, int last) {
        this.history = history;
        this.model = model;
        this.last = last;
        for (int operation = 0; operation < history.size(); operation++) {
            if (!history.isRemoved(operation) && history.begin(operation) <= last) {
                operations.add(operation);
            }
        }
    }

    static <S> boolean isLinearizable(History history, SequentialModel<S> model, int last) {
        BruteForce<S> all = new BruteForce<>(history, model, last);
        for (int choice = 0; choice < 1 << all.operations.size(); choice++) {
            List<Integer> chosen = new ArrayList<>();
            boolean complete = true;
            for (int index = 0; index < all.operations.size(); index++) {
                if ((choice >> index & 1) != 0) {
                    chosen.add(all.operations.get(index));
                } else {
                    complete &= !all.hasEnded(all.operations.get(index));
                }
            }
            if (complete && all.hasOrder(chosen, 0)) {
                return true;
            }
        }
        return false;
    }

    private boolean hasEnded(int operation) {
        return history.end(operation) != History.NONE && history.end(operation) <= last;
    }

    /** Tries all permutations of what stands from an index on. */
    private boolean hasOrder(List<Integer> order, int from) {
        if (from == order.size()) {
            return keepsTime(order) && isPossible(order);
        }
        for (int index = from; index < order.size(); index++) {
            List<Integer> swapped = new ArrayList<>(order);
            swapped.set(from, order.get(index));
            swapped.set(index, order.get(from));
            if (hasOrder(swapped, from + 1)) {
                return true;
            }
        }
        return false;
    }

    private boolean keepsTime(List<Integer> order) {
        for (int later = 0; later < order.size(); later++) {
            for (int earlier = 0; earlier < later; earlier++) {
                if (hasEnded(order.get(later)) && history.end(order.get(later)) < history.begin(order.get(earlier))) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean isPossible(List<Integer> order) {
        S state = model.initial(0);
        for (int operation : order) {
            String name = history.name(operation);
            long argument = history.argument(operation);
            state = hasEnded(operation) ? model.apply(state, name, argument, history.result(operation))
                : model.applyPending(state, name, argument);
            if (state == null) {
                return false;
            }
        }
        return true;
    }
}
