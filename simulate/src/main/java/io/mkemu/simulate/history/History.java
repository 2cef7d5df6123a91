// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.history;

import io.mkemu.module.Operation;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * What a run's operations looked like from outside: each one's beginning (invocation) and end (response), in the order
 * in which they happened. An operation is named by its number, from 0 in the order of beginnings.
 *
 * <p>It grows with the run and keeps what it has grown to for the next one: after some runs neither an event nor
 * {@link #clear} allocates. One thread.
 */
public final class History {
    /** No event: of an operation without an end. */
    static final int NONE = -1;
    private static final int FIRST_ROOM = 64;
    private static final byte ARGUMENT = 1;
    private static final byte RESULT = 2;
    private static final byte REMOVED = 4;

    private final LongSupplier clock;
    private Caller[] callers = new Caller[FIRST_ROOM];
    private String[] names = new String[FIRST_ROOM];
    private long[] arguments = new long[FIRST_ROOM];
    private long[] results = new long[FIRST_ROOM];
    private long[] beginSteps = new long[FIRST_ROOM];
    private long[] endSteps = new long[FIRST_ROOM];
    private int[] begins = new int[FIRST_ROOM];
    private int[] ends = new int[FIRST_ROOM];
    private byte[] flags = new byte[FIRST_ROOM];
    private int size;
    private int events;
    private String misuse;

    /**
     * A history without operations.
     *
     * @param clock the number of the step that the run is in; asked at each event, never goes back within a run
     */
    public History(LongSupplier clock) {
        this.clock = clock;
    }

    /** Forgets all, for the next run. The {@link #operation operations} that were made are not to be used any more. */
    public void clear() {
        size = 0;
        events = 0;
        misuse = null;
    }

    /** How many operations have begun. */
    public int size() {
        return size;
    }

    /** The first thing that a module did with an operation out of order, in one line; null if none did. */
    public String misuse() {
        return misuse;
    }

    /** The operation to hand to a module of that kernel, which writes into this history. */
    public Operation operation(Caller caller, String name) {
        return new Recorded(caller, name);
    }

    private int begin(Caller caller, String name, long argument, byte flag) {
        if (size == names.length) {
            grow(size * 2);
        }
        callers[size] = caller;
        names[size] = name;
        arguments[size] = argument;
        results[size] = 0;
        beginSteps[size] = clock.getAsLong();
        begins[size] = events++;
        ends[size] = NONE;
        flags[size] = flag;
        return size++;
    }

    private void grow(int room) {
        callers = Arrays.copyOf(callers, room);
        names = Arrays.copyOf(names, room);
        arguments = Arrays.copyOf(arguments, room);
        results = Arrays.copyOf(results, room);
        beginSteps = Arrays.copyOf(beginSteps, room);
        endSteps = Arrays.copyOf(endSteps, room);
        begins = Arrays.copyOf(begins, room);
        ends = Arrays.copyOf(ends, room);
        flags = Arrays.copyOf(flags, room);
    }

    private void end(int operation, long result, byte flag) {
        results[operation] = result;
        endSteps[operation] = clock.getAsLong();
        ends[operation] = events++;
        flags[operation] |= flag;
    }

    private void remove(int operation) {
        flags[operation] |= REMOVED;
    }

    private void misused(Caller caller, String name, String what) {
        if (misuse == null) {
            misuse = caller + ": operation " + name + " " + what;
        }
    }

    /** Whether it is known to have had no effect, so it is no part of the history. */
    boolean isRemoved(int operation) {
        return (flags[operation] & REMOVED) != 0;
    }

    Caller caller(int operation) {
        return callers[operation];
    }

    String name(int operation) {
        return names[operation];
    }

    /** What it began with, 0 without one. */
    long argument(int operation) {
        return arguments[operation];
    }

    /** What it ended with, 0 without one. */
    long result(int operation) {
        return results[operation];
    }

    /** Which event its beginning was: counted from 0 over all beginnings and ends of the run. */
    int begin(int operation) {
        return begins[operation];
    }

    /** Which event its end was, or {@link #NONE}: it is pending. */
    int end(int operation) {
        return ends[operation];
    }

    /** The step in which it began. */
    long beginStep(int operation) {
        return beginSteps[operation];
    }

    /** The step in which it ended, if it has. */
    long endStep(int operation) {
        return endSteps[operation];
    }

    /** The call, as a report writes it: lock(7). */
    String call(int operation) {
        return names[operation] + "(" + ((flags[operation] & ARGUMENT) == 0 ? "" : number(arguments[operation])) + ")";
    }

    /** The call with its result: lock(7) = 0. */
    String callAndResult(int operation) {
        return call(operation) + ((flags[operation] & RESULT) == 0 ? "" : " = " + number(results[operation]));
    }

    /** Beyond 32 bits in hex: it is likely to be two numbers in one. */
    private static String number(long value) {
        return value == (int) value ? Long.toString(value) : "0x" + Long.toHexString(value);
    }

    /** An operation of a module; while it is open, it knows its number. */
    private final class Recorded implements Operation {
        private final Caller caller;
        private final String name;
        private int open = NONE;

        Recorded(Caller caller, String name) {
            this.caller = caller;
            this.name = name;
        }

        @Override
        public void begins() {
            begin(0, (byte) 0);
        }

        @Override
        public void begins(long argument) {
            begin(argument, ARGUMENT);
        }

        private void begin(long argument, byte flag) {
            if (open != NONE) {
                misused(caller, name, "begins, but it has not ended since it began in step " + beginSteps[open]
                    + "; make one for each request under way, or call givesUp");
                return;
            }
            open = History.this.begin(caller, name, argument, flag);
        }

        /** The open operation, which is open no longer; or NONE, and that is told. */
        private int close(String what) {
            int closed = open;
            open = NONE;
            if (closed == NONE) {
                misused(caller, name, what + ", but it has not begun; call begins on the same object before");
            }
            return closed;
        }

        @Override
        public void ends() {
            end(0, (byte) 0);
        }

        @Override
        public void ends(long result) {
            end(result, RESULT);
        }

        private void end(long result, byte flag) {
            int closed = close("ends");
            if (closed != NONE) {
                History.this.end(closed, result, flag);
            }
        }

        @Override
        public void hadNoEffect() {
            int closed = close("had no effect");
            if (closed != NONE) {
                remove(closed);
            }
        }

        @Override
        public void givesUp() {
            close("is given up");
        }
    }
}
