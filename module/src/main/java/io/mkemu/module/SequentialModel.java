// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/**
 * An object that several kernels share, as it would behave if its operations came one after the other. A history is
 * linearizable (Herlihy and Wing, 1990) if each of its {@link Operation}s can be given one moment between its
 * beginning and its end, so that all results are those of this model in the order of these moments. If there is no such
 * order, somebody has seen what cannot be: a lock that two have, a value that was overwritten long ago.
 *
 * <p>A lock, whose operations have the caller's id as their argument:
 * <pre>{@code
 * record Lock() implements SequentialModel<Long> {                // the state: who has it, -1 for nobody
 *     public Long initial(long object) {
 *         return -1L;
 *     }
 *
 *     public Long apply(Long owner, String operation, long who, long result) {
 *         return switch (operation) {
 *             case "lock" -> owner == -1 && result == 0 ? who : null;
 *             case "unlock" -> owner == who && result == 0 ? -1L : null;
 *             default -> null;
 *         };
 *     }
 *
 *     public Long applyPending(Long owner, String operation, long who) {
 *         return apply(owner, operation, who, 0);
 *     }
 * }
 * }</pre>
 *
 * <p>A register: write(value) gives 0, read() gives the value.
 * <pre>{@code
 * record Register() implements SequentialModel<Long> {
 *     public Long initial(long object) {
 *         return 0L;
 *     }
 *
 *     public Long apply(Long value, String operation, long argument, long result) {
 *         return operation.equals("write") ? Long.valueOf(argument) : value == result ? value : null;
 *     }
 *
 *     public Long applyPending(Long value, String operation, long argument) {
 *         return operation.equals("write") ? argument : value;
 *     }
 * }
 * }</pre>
 *
 * <p>Its methods are functions: the same arguments, the same answer, and nothing else changes. They are called in any
 * order and number, on one thread.
 *
 * @param <S> the state: immutable, with equals and hashCode (a record, a Long, a List.of); equal states behave alike
 */
public interface SequentialModel<S> {
    /**
     * Whether an operation of this name belongs to the model; the others are left out of its history.
     *
     * @return by default true
     */
    default boolean covers(String operation) {
        return true;
    }

    /**
     * Which object an operation is on, if there are several that know nothing of each other: the key, the number of the
     * lock. A history is linearizable if that of each object is, and to check them one by one takes far less time.
     *
     * @return any number for each object; by default 0: there is one object
     */
    default long objectOf(String operation, long argument) {
        return 0;
    }

    /**
     * The state before the first operation; never null.
     *
     * @param object of {@link #objectOf}
     */
    S initial(long object);

    /**
     * Does an operation whose end was seen.
     *
     * @param argument what it began with, 0 without one
     * @param result   what it ended with, 0 without one
     * @return the state after it, or null if it cannot have this result in this state
     */
    S apply(S state, String operation, long argument, long result);

    /**
     * Does a pending operation: nobody knows its result. That it may as well never take effect is not the model's
     * business.
     *
     * @return the state after it, or null if it cannot take effect in this state
     */
    S applyPending(S state, String operation, long argument);
}
