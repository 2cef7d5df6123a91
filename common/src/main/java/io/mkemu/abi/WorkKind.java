// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/** Why a module ran without a message and outside of its tasks: the type of a {@link TraceEvent#WORK} record. */
public enum WorkKind {
    /** Given to this CPU by runOnCpu: id its number among those of its giver, from 0; arg1 its logical CPU + 1. */
    RUN_ON_CPU,
    /** The module was set up: id its place in the list of modules, from 0. */
    INIT,
    /** The module took leave: id as {@link #INIT}. */
    EXIT,
    /** A timer went off: id its number among those made on this CPU, from 0. */
    TIMER,
    /** A listener was told of an instance: id its number among those of this CPU, from 0. */
    NOTICE,
    /** The handler of a console: id its number among those that were opened on this CPU, from 0. */
    CONSOLE,
    /** A listener was told of this kernel's memory: id its number among those of this kernel, from 0. */
    MEMORY;

    private static final WorkKind[] ALL = values();

    /** The kind of a record; null for a number that is none. */
    public static WorkKind of(int number) {
        return number >= 0 && number < ALL.length ? ALL[number] : null;
    }
}
