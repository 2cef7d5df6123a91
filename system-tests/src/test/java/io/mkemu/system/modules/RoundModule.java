// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;

/** A module of {@code RoundsIT}: receives messages and pages, and takes its turns at sending them. */
abstract class RoundModule implements KernelModule {
    private final long periodNanos;
    Kernel kernel;
    RoundKernel round;
    private long turns;
    private long due = System.nanoTime();

    RoundModule(long periodNanos) {
        this.periodNanos = periodNanos;
    }

    @Override
    public final void init(Kernel mine) throws Exception {
        kernel = mine;
        round = new RoundKernel(mine);
        begin();
    }

    /** What is left of init once {@link #kernel} and {@link #round} are there. */
    abstract void begin();

    /** One of its turns, once a period. */
    abstract void turn();

    /** A numbered message has come. */
    abstract void data(MkIpiData data);

    /** Somebody has shared a page. */
    abstract void page(MkIpiData data);

    /** From now on messages and pages are taken. */
    final void listen() {
        kernel.registerHandler((data, context) -> data(data), null, RoundsDescriptor.DATA);
        kernel.registerHandler((data, context) -> page(data), null, MkIpiDataDescriptor.PFN_IPI_TYPE);
    }

    final void startTurns(String task) {
        kernel.startTask(task, this::step);
    }

    /** Turns begun so far. */
    final long turns() {
        return turns;
    }

    /** Any interrupt steps a task: two that answer each other at once would leave nobody else a CPU. */
    private long step() {
        long now = kernel.nanoTime();
        if (now - due < 0) {
            return due - now;
        }
        due = now + periodNanos;
        turns++;
        turn();
        return periodNanos;
    }
}
