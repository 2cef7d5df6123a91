// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.history;

import io.mkemu.module.SequentialModel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The objects whose histories the tests check. */
final class Models {
    private Models() {
    }

    /** The lock of the javadoc of {@link SequentialModel}. */
    record Lock() implements SequentialModel<Long> {
        @Override
        public Long initial(long object) {
            return -1L;
        }

        @Override
        public Long apply(Long owner, String operation, long who, long result) {
            return switch (operation) {
                case "lock" -> owner == -1 && result == 0 ? who : null;
                case "unlock" -> owner == who && result == 0 ? -1L : null;
                default -> null;
            };
        }

        @Override
        public Long applyPending(Long owner, String operation, long who) {
            return apply(owner, operation, who, 0);
        }
    }

    /** The register of the javadoc of {@link SequentialModel}. */
    record Register() implements SequentialModel<Long> {
        @Override
        public Long initial(long object) {
            return 0L;
        }

        @Override
        public Long apply(Long value, String operation, long argument, long result) {
            return operation.equals("write") ? Long.valueOf(argument) : value == result ? value : null;
        }

        @Override
        public Long applyPending(Long value, String operation, long argument) {
            return operation.equals("write") ? argument : value;
        }
    }

    /** A register whose states all have the same hash. */
    record PoorRegister() implements SequentialModel<PoorRegister.Value> {
        private static final Register GOOD = new Register();

        /** A value. */
        record Value(long value) {
            @Override
            public int hashCode() {
                return 1;
            }
        }

        private static Value of(Long value) {
            return value == null ? null : new Value(value);
        }

        @Override
        public Value initial(long object) {
            return of(GOOD.initial(object));
        }

        @Override
        public Value apply(Value state, String operation, long argument, long result) {
            return of(GOOD.apply(state.value, operation, argument, result));
        }

        @Override
        public Value applyPending(Value state, String operation, long argument) {
            return of(GOOD.applyPending(state.value, operation, argument));
        }
    }

    /**
     * Numbers: draw() gives any that nobody has, has(n) whether somebody has it. A pending draw can give any; the model
     * cannot say which.
     */
    record Numbers() implements SequentialModel<Set<Long>> {
        @Override
        public Set<Long> initial(long object) {
            return Set.of();
        }

        @Override
        public Set<Long> apply(Set<Long> drawn, String operation, long argument, long result) {
            if (operation.equals("draw")) {
                Set<Long> more = new HashSet<>(drawn);
                return more.add(result) ? Set.copyOf(more) : null;
            }
            return drawn.contains(argument) == (result == 1) ? drawn : null;
        }

        @Override
        public Set<Long> applyPending(Set<Long> drawn, String operation, long argument) {
            return operation.equals("draw") ? null : drawn;
        }
    }

    /** A cell that is set once: set(value) gives 1, or 0 if there is a value already; read() gives the value or 0. */
    record Cell() implements SequentialModel<Long> {
        @Override
        public Long initial(long object) {
            return 0L;
        }

        @Override
        public Long apply(Long value, String operation, long argument, long result) {
            if (operation.equals("set")) {
                return result == (value == 0 ? 1 : 0) ? applyPending(value, operation, argument) : null;
            }
            return value == result ? value : null;
        }

        @Override
        public Long applyPending(Long value, String operation, long argument) {
            return operation.equals("set") && value == 0 ? Long.valueOf(argument) : value;
        }
    }

    /** A queue: put(value), take() gives the oldest, or -1 if there is none. */
    record Queue() implements SequentialModel<List<Long>> {
        @Override
        public List<Long> initial(long object) {
            return List.of();
        }

        @Override
        public List<Long> apply(List<Long> values, String operation, long argument, long result) {
            if (operation.equals("put")) {
                List<Long> more = new ArrayList<>(values);
                more.add(argument);
                return List.copyOf(more);
            }
            if (values.isEmpty()) {
                return result == -1 ? values : null;
            }
            return result == values.getFirst() ? values.subList(1, values.size()) : null;
        }

        @Override
        public List<Long> applyPending(List<Long> values, String operation, long argument) {
            return operation.equals("put") || values.isEmpty() ? apply(values, operation, argument, -1)
                : values.subList(1, values.size());
        }
    }

    /** Many registers that know nothing of each other: the key lies in the upper half of an argument. */
    record Registers() implements SequentialModel<Long> {
        private static final Register ONE = new Register();

        static long argument(int key, int value) {
            return (long) key << Integer.SIZE | value;
        }

        @Override
        public boolean covers(String operation) {
            return operation.equals("read") || operation.equals("write");
        }

        @Override
        public long objectOf(String operation, long argument) {
            return argument >> Integer.SIZE;
        }

        @Override
        public Long initial(long object) {
            return 0L;
        }

        @Override
        public Long apply(Long value, String operation, long argument, long result) {
            return ONE.apply(value, operation, (int) argument, result);
        }

        @Override
        public Long applyPending(Long value, String operation, long argument) {
            return ONE.applyPending(value, operation, (int) argument);
        }
    }
}
