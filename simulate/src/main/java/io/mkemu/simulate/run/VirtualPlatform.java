// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.os.Platform;
import java.util.SplittableRandom;

/**
 * What a simulated machine has besides its memory: a clock that the scheduler moves, random numbers from the seed, and
 * waits that let others go on. Memory is sequentially consistent: one thread runs all of it.
 */
final class VirtualPlatform extends Platform {
    /** Who runs the CPUs of the machine. */
    interface Scheduler {
        /** While nothing runs. */
        Scheduler NONE = new Scheduler() {
            @Override
            public void point(int where) {
                /* Nobody is there who could go on. */
            }

            @Override
            public void spins() {
                /* Nobody is there who could go on. */
            }

            @Override
            public void parks(long nanos) {
                /* Nobody is there who could go on. */
            }

            @Override
            public void event() {
                /* Nobody waits. */
            }
        };

        /** The caller is between two stores. */
        void point(int where);

        /** The caller waits for another CPU to do something. */
        void spins();

        /** The caller waits. */
        void parks(long nanos);

        /** The host is told to look. */
        void event();
    }

    /** Where a CPU can stop. */
    static final int POINT = 1;
    static final int FENCE = 2;

    /** Not 0, which a time of the kernel takes for "none". */
    static final long BEGINS_AT = 1_000_000;

    private SplittableRandom random = new SplittableRandom(0);
    private Scheduler scheduler = Scheduler.NONE;
    private long now = BEGINS_AT;

    /** A run begins. */
    void begins(SplittableRandom bits) {
        random = bits;
        now = BEGINS_AT;
    }

    /** Who is told of points from now on; null for nobody. */
    void schedules(Scheduler its) {
        scheduler = its == null ? Scheduler.NONE : its;
    }

    void advance(long nanos) {
        now += nanos;
    }

    void advanceTo(long nanos) {
        now = Math.max(now, nanos);
    }

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public long randomLong() {
        return random.nextLong();
    }

    @Override
    public void wake(long address, int count) {
        /* A CPU that sleeps is looked at before each step. Only the event word wakes more than one. */
        if (count > 1) {
            scheduler.event();
        }
    }

    @Override
    public void relax() {
        scheduler.spins();
    }

    @Override
    public void point() {
        scheduler.point(POINT);
    }

    @Override
    public void park(long nanos) {
        scheduler.parks(nanos);
    }

    @Override
    public boolean hasAsymmetricFence() {
        return true;
    }

    @Override
    public void lightFence() {
        scheduler.point(FENCE);
    }

    @Override
    public boolean heavyFence() {
        scheduler.point(FENCE);
        return true;
    }
}
