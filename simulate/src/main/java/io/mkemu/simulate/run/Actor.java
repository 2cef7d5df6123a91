// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.kernel.SteppedKernel;
import java.util.function.BooleanSupplier;

/**
 * One of those between whom the scheduler chooses: a CPU, the host's supervisor, or a script. Used by the run's thread
 * only.
 */
final class Actor {
    /** What an actor can be. */
    private enum State {
        /** It does not exist now. */
        OFF,
        /** It goes on when it is chosen. */
        RUNS,
        /** It waits until the time has come. */
        PARKED,
        /** As PARKED, and an interrupt ends that. */
        SLEEPS,
        /** As PARKED, and a condition ends that. */
        AWAITS
    }

    private final int number;
    private final String name;
    private final int instance;
    private final int logicalCpu;
    private State state = State.OFF;
    private long due;
    private long heldUntil;
    private long slowNanos;
    private int point;
    private boolean boundary;
    private BooleanSupplier condition;
    private Runnable code;
    private SteppedKernel kernel;

    /**
     * An actor that is off.
     *
     * @param number     among all actors of the machine
     * @param instance   whose it is, -1 for nobody's
     * @param logicalCpu of the instance
     */
    Actor(int number, String name, int instance, int logicalCpu) {
        this.number = number;
        this.name = name;
        this.instance = instance;
        this.logicalCpu = logicalCpu;
    }

    int number() {
        return number;
    }

    /** As it is told to users: "n1/0". */
    String name() {
        return name;
    }

    int instance() {
        return instance;
    }

    int logicalCpu() {
        return logicalCpu;
    }

    boolean isOff() {
        return state == State.OFF;
    }

    /** Begins with its next turn. */
    void begins(Runnable body) {
        code = new Coroutine(body)::resume;
        kernel = null;
        state = State.RUNS;
        boundary = true;
        heldUntil = 0;
        slowNanos = 0;
    }

    /** It is a CPU of this kernel from its next turn on. */
    void runs(SteppedKernel its) {
        kernel = its;
    }

    /** It does not go on, ever. */
    void ends() {
        state = State.OFF;
        code = null;
        kernel = null;
    }

    /** Where it has stopped. */
    int stoppedAt() {
        return point;
    }

    /** What it does now, for the hash of the state. */
    int point() {
        return state.ordinal() + 4 * point;
    }

    /** Whether it has stopped between two turns. */
    boolean isAtBoundary() {
        return boundary;
    }

    void stopsAt(int where, boolean betweenTurns) {
        point = where;
        boundary = betweenTurns;
    }

    /** Whether it has stopped there last. */
    boolean isAt(int where) {
        return point == where;
    }

    void goesOn() {
        state = State.RUNS;
    }

    void parks(long until) {
        state = State.PARKED;
        due = until;
    }

    void sleeps(long until) {
        state = State.SLEEPS;
        due = until;
    }

    void awaits(BooleanSupplier what, long until) {
        state = State.AWAITS;
        condition = what;
        due = until;
    }

    /** A fault: it stands still for a while. */
    void hold(long until) {
        heldUntil = until;
    }

    /** A fault: each of its steps takes so many ns longer. */
    void slow(long nanos) {
        slowNanos = nanos;
    }

    /** Whether it can go on now. */
    boolean isReady(long now) {
        if (heldUntil > now) {
            return false;
        }
        return switch (state) {
            case OFF -> false;
            case RUNS -> true;
            case PARKED -> due <= now;
            case SLEEPS -> due <= now || kernel != null && kernel.hasPending(logicalCpu);
            case AWAITS -> due <= now || condition.getAsBoolean();
        };
    }

    /** When it can go on at the latest if nothing happens before; {@link Long#MAX_VALUE} for never. */
    long due() {
        long wakes = switch (state) {
            case OFF -> Long.MAX_VALUE;
            case RUNS -> 0;
            case PARKED, AWAITS -> due;
            case SLEEPS -> kernel != null && kernel.hasPending(logicalCpu) ? 0 : due;
        };
        return Math.max(wakes, heldUntil);
    }

    /** As {@link SteppedKernel#faults}; 0 while it is no CPU of a kernel. */
    long faults() {
        return kernel == null ? 0 : kernel.faults(logicalCpu);
    }

    /** Goes on until it stops next. */
    void step(long now) {
        state = State.RUNS;
        if (kernel == null) {
            code.run();
        } else {
            kernel.as(logicalCpu, code);
        }
        if (slowNanos > 0) {
            heldUntil = now + slowNanos;
        }
    }
}
