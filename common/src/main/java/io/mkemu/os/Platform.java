// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * What a machine's kernels have from outside of their memory: a clock, random numbers, the waking of sleepers and the
 * ways to wait. Each {@link io.mkemu.memory.PhysicalMemory} has one. A process of mkemu has one class of it, the
 * {@link #system() system's}, so a call of it costs no more than what it does; a test or a simulator brings another.
 *
 * <p>Any thread. Nothing here throws.
 */
public abstract class Platform {
    /** For one that is not the system's. */
    protected Platform() {
    }

    /** The operating system's: CLOCK_MONOTONIC, futexes, membarrier. */
    public static Platform system() {
        return SystemPlatform.INSTANCE;
    }

    /** Nanoseconds of a clock that never goes back. */
    public abstract long nanoTime();

    /** 64 random bits. */
    public abstract long randomLong();

    /**
     * Wakes those that sleep on a word.
     *
     * @param address in this process
     * @param count   how many at the most
     */
    public abstract void wake(long address, int count);

    /** Lets a moment pass in a loop that waits. */
    public abstract void relax();

    /**
     * A moment between two stores that others may see one without the other. In a process nothing: the hardware
     * chooses who goes on. A simulator lets another CPU go on here.
     */
    public abstract void point();

    /** Lets so many ns pass, or fewer. */
    public abstract void park(long nanos);

    /** As {@link AsymmetricFence#isAvailable}. */
    public abstract boolean hasAsymmetricFence();

    /** As {@link AsymmetricFence#light}. */
    public abstract void lightFence();

    /** As {@link AsymmetricFence#heavy}. */
    public abstract boolean heavyFence();

    /** The system's own; loaded only where it is asked for, since its fence asks the operating system at once. */
    private static final class SystemPlatform extends Platform {
        private static final Platform INSTANCE = new SystemPlatform();

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public long randomLong() {
            return ThreadLocalRandom.current().nextLong();
        }

        @Override
        public void wake(long address, int count) {
            Futex.wake(address, count);
        }

        @Override
        public void relax() {
            Thread.onSpinWait();
        }

        @Override
        public void point() {
            /* The hardware needs no help. */
        }

        @Override
        public void park(long nanos) {
            LockSupport.parkNanos(nanos);
        }

        @Override
        public boolean hasAsymmetricFence() {
            return AsymmetricFence.isAvailable();
        }

        @Override
        public void lightFence() {
            AsymmetricFence.light();
        }

        @Override
        public boolean heavyFence() {
            return AsymmetricFence.heavy();
        }
    }
}
