// SPDX-License-Identifier: Apache-2.0
package io.mkemu.event;

import io.mkemu.cpu.LocalApic;
import io.mkemu.module.Timer;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The timers of one CPU, the earliest first: a heap. Used by whoever runs that CPU only. Only the making of a timer
 * allocates.
 */
public final class TimerQueue {
    private static final int NOWHERE = -1;
    private static final int FEW = 8;
    /* Longer is for ever, and no sum of times wraps. */
    private static final long LONGEST = Long.MAX_VALUE >> 2;

    private final LocalApic apic;
    private final BooleanSupplier isHere;
    private final LongSupplier clock;
    private Entry[] heap = new Entry[FEW];
    private int size;
    private boolean earlier;
    private long seen;
    /* Who has the timers, if this CPU has gone. */
    private TimerQueue successor;

    /**
     * The timers of a CPU.
     *
     * @param apic   its local APIC
     * @param isHere whether the caller runs it
     * @param clock  CLOCK_MONOTONIC, ns
     */
    public TimerQueue(LocalApic apic, BooleanSupplier isHere, LongSupplier clock) {
        this.apic = apic;
        this.isHere = isHere;
        this.clock = clock;
    }

    /** A timer, and when it goes off. */
    private final class Entry implements Timer {
        private final EventOwner owner;
        private final Runnable what;
        private TimerQueue home = TimerQueue.this;
        /* 0: once. */
        private final long period;
        private long due;
        private int at = NOWHERE;

        Entry(EventOwner owner, Runnable what, long period) {
            this.owner = owner;
            this.what = what;
            this.period = period;
        }

        @Override
        public boolean cancel() {
            requireCpu();
            boolean pending = at != NOWHERE;
            home().remove(this);
            return pending;
        }

        @Override
        public void restart(long nanos) {
            requireCpu();
            owner.requireLife();
            home().remove(this);
            home().start(this, clock.getAsLong() + Math.clamp(nanos, 1, LONGEST));
        }

        @Override
        public boolean isPending() {
            requireCpu();
            return at != NOWHERE;
        }

        /* Of the CPU on which it goes off. */
        private TimerQueue home() {
            while (home.successor != null) {
                home = home.successor;
            }
            return home;
        }

        private void requireCpu() {
            if (!home().isHere.getAsBoolean()) {
                throw new IllegalStateException("module " + owner.name() + " used a timer of CPU "
                    + home().apic.physicalCpu() + " elsewhere; use Kernel.runOnCpu");
            }
        }

        /** Goes off; after that it stands where it goes off next, unless it did something about that itself. */
        void goOff(long now) {
            home().remove(this);
            if (period > 0) {
                /* What was missed is left out: hrtimer_forward. */
                home().start(this, now + period - (now - due) % period);
            }
            try {
                what.run();
            } catch (Throwable fault) {
                owner.timerFailed(fault);
            }
        }
    }

    /**
     * Makes a timer and starts it.
     *
     * @param nanos  from now, any
     * @param period at least 1, or 0: it goes off once
     */
    public Timer add(EventOwner owner, Runnable what, long nanos, long period) {
        Entry entry = new Entry(owner, what, Math.min(period, LONGEST));
        start(entry, clock.getAsLong() + Math.clamp(nanos, 1, LONGEST));
        return entry;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /** Whether one has been started, since the last {@link #untilNext}, that goes off before those that were there. */
    public boolean isEarlier() {
        return earlier;
    }

    /**
     * Lets those go off whose time has come, each once.
     *
     * @return whether there were any
     */
    public boolean run() {
        if (size == 0) {
            return false;
        }
        long now = clock.getAsLong();
        seen = now;
        boolean any = false;
        while (size > 0 && heap[0].due - now <= 0) {
            any = true;
            heap[0].goOff(now);
        }
        return any;
    }

    /**
     * How long until the next goes off, ns: 0 for at once, {@link Long#MAX_VALUE} for never.
     *
     * @param passed whether time has passed since {@link #run} looked at the clock
     */
    public long untilNext(boolean passed) {
        earlier = false;
        if (size == 0) {
            return Long.MAX_VALUE;
        }
        return Math.max(0, heap[0].due - (passed ? clock.getAsLong() : seen));
    }

    /** Drops the timers of a module that ends. */
    public void removeAll(EventOwner owner) {
        for (Entry entry : Arrays.copyOf(heap, size)) {
            if (entry.owner == owner) {
                remove(entry);
            }
        }
    }

    /**
     * Takes the timers of a CPU that has gone, with the times when they go off: timers_dead_cpu. Those that do not run
     * are timers of this CPU too from now on. Whoever runs this CPU calls, and nobody runs the other one any more.
     */
    public void takeAll(TimerQueue gone) {
        gone.successor = this;
        for (Entry entry : Arrays.copyOf(gone.heap, gone.size)) {
            gone.remove(entry);
            start(entry, entry.due);
        }
    }

    private void start(Entry entry, long due) {
        entry.due = due;
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, 2 * size);
        }
        up(size++, entry);
        earlier |= entry.at == 0;
    }

    private void remove(Entry entry) {
        int at = entry.at;
        if (at == NOWHERE) {
            return;
        }
        entry.at = NOWHERE;
        Entry last = heap[--size];
        heap[size] = null;
        if (last != entry) {
            up(at, last);
            down(last.at, last);
        }
    }

    private void up(int from, Entry entry) {
        int at = from;
        while (at > 0 && entry.due - heap[(at - 1) / 2].due < 0) {
            put(at, heap[(at - 1) / 2]);
            at = (at - 1) / 2;
        }
        put(at, entry);
    }

    private void down(int from, Entry entry) {
        int at = from;
        while (2 * at + 1 < size) {
            int child = 2 * at + 1;
            if (child + 1 < size && heap[child + 1].due - heap[child].due < 0) {
                child++;
            }
            if (entry.due - heap[child].due <= 0) {
                break;
            }
            put(at, heap[child]);
            at = child;
        }
        put(at, entry);
    }

    private void put(int at, Entry entry) {
        heap[at] = entry;
        entry.at = at;
    }
}
