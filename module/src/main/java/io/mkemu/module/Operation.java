// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/**
 * An operation of a module on an object that several kernels share, a lock or a register: it begins (its invocation)
 * and later ends (its response). All of them together are the history of a run. {@link Kernel#operation} makes one.
 *
 * <pre>{@code
 * Operation lock = kernel.operation("lock");                  // at init
 * ...
 * lock.begins(kernel.instanceId());                           // before the request is sent
 * ...
 * lock.ends(result);                                          // when the answer has come
 * }</pre>
 *
 * <p>It has taken effect at one moment between its beginning and its end. An operation without an end is pending: it
 * may have taken effect at any moment after its beginning, or not at all. An operation is pending when its kernel died
 * before the end, when the run was over before, and when the module {@link #givesUp gave it up}.
 *
 * <p>One at a time: after its end it may begin again, for the next request. A module with several requests under way
 * has an object for each. Used on the CPUs of its kernel. Nothing here throws: what is out of order (an end without a
 * beginning, a second beginning) is told by the simulation, as a failure of the run.
 */
public interface Operation {
    /** What a real machine has: nobody sees it. */
    Operation UNSEEN = new Operation() { };

    /** It begins, without an argument; a model sees 0. Call it before anybody else can know of the request. */
    default void begins() {
    }

    /**
     * It begins.
     *
     * @param argument what is asked for: a key, a value, or both in one number; any
     */
    default void begins(long argument) {
    }

    /** It ends, without a result; a model sees 0. */
    default void ends() {
    }

    /**
     * It ends.
     *
     * @param result what came of it, a refusal too if the object itself answered so (-EBUSY of a try-lock): the model
     *     says whether that is right
     */
    default void ends(long result) {
    }

    /**
     * It ends, and it has surely not taken effect, nor ever will: the request was not sent at all, say. It leaves the
     * history as if it had never begun. If it is not sure, {@link #givesUp} is right.
     */
    default void hadNoEffect() {
    }

    /**
     * The module does not wait for it any longer: the request has timed out, say, and nobody knows what became of it.
     * It stays pending, so it may still take effect later; this object is free for the next request.
     */
    default void givesUp() {
    }
}
