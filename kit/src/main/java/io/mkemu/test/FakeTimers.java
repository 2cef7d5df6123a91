// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.module.Task;
import io.mkemu.module.Timer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The timers of a fake kernel, by the clock of its machine. */
final class FakeTimers {
    private final class One implements Timer {
        private final Runnable what;
        private final long period;
        private long due;

        One(Runnable what, long period) {
            this.what = what;
            this.period = period;
        }

        @Override
        public boolean cancel() {
            return pending.remove(this);
        }

        @Override
        public void restart(long nanos) {
            due = machine.now() + Math.max(0, nanos);
            pending.remove(this);
            pending.add(this);
        }

        @Override
        public boolean isPending() {
            return pending.contains(this);
        }

        void goOff() {
            pending.remove(this);
            if (period > 0) {
                /* Times that were missed are left out. */
                due += ((machine.now() - due) / period + 1) * period;
                pending.add(this);
            }
            what.run();
        }
    }

    private final FakeMachine machine;
    private final List<One> pending = new ArrayList<>();

    FakeTimers(FakeMachine machine) {
        this.machine = machine;
    }

    /** Starts one; period 0: it goes off once. */
    Timer start(long nanos, long period, Runnable what) {
        One timer = new One(what, period);
        timer.restart(nanos);
        return timer;
    }

    /** Lets go off what is due, the earliest first; whether anything was. */
    boolean run() {
        List<One> those = pending.stream().filter(timer -> timer.due <= machine.now())
            .sorted(Comparator.comparingLong(timer -> timer.due)).toList();
        /* One may have cancelled another. */
        those.stream().filter(pending::contains).forEach(One::goOff);
        return !those.isEmpty();
    }

    /** How long none will go off; {@link Task#WAIT} if there are none. */
    long untilNext() {
        return pending.stream().mapToLong(timer -> Math.max(0, timer.due - machine.now())).min().orElse(Task.WAIT);
    }

    void clear() {
        pending.clear();
    }
}
