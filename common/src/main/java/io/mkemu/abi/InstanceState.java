// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

import java.util.Locale;

/** The states of an instance, with the names kerf gives them. */
public enum InstanceState {
    /** No such instance. */
    EMPTY,
    /** CPUs and memory are reserved. */
    READY,
    /** Modules and boot parameters are set. */
    LOADED,
    /** Its kernel runs and can receive. */
    ACTIVE,
    /** Its kernel ended, or never came up; the reason is in the instance table. */
    FAILED;

    private static final InstanceState[] ALL = values();

    /** The state with this number; FAILED for a number that is none, since the word came from shared memory. */
    public static InstanceState of(int number) {
        return number >= 0 && number < ALL.length ? ALL[number] : FAILED;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
