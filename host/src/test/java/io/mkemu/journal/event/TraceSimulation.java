// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.journal.event.FakeJournal.Records;
import io.mkemu.trace.MessageId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * CPUs that send each other messages, step by step in one true order, and stamp and record what they do as kernels do:
 * a send is stamped a step after it could be seen, a turn's clock is read a step before messages are taken, a record is
 * written when what it tells is over.
 */
final class TraceSimulation {
    private static final int NEVER_HANDLED = 7;

    private final class Cpu {
        private final int number;
        private final ArrayDeque<Long> inbox = new ArrayDeque<>();
        private final Records ring = new Records();
        private final List<String> did = new ArrayList<>();
        private boolean inTurn;
        private long clock;
        private long interrupted;
        private long running;
        private long begun;
        private int sendsLeft;
        private long published;
        private long publishedAt;
        private long asleepSince;

        Cpu(int number) {
            this.number = number;
        }

        void step() {
            if (published != 0) {
                record(TraceEvent.SEND, random.nextBoolean() ? TraceRecordDescriptor.RUNG
                    : TraceRecordDescriptor.ELIDED, now, published, 0, 0);
                did("send", published);
                longest = Math.max(longest, now - publishedAt);
                published = 0;
            } else if (asleepSince != 0) {
                if (random.nextInt(4) == 0) {
                    record(TraceEvent.HALT, 0, asleepSince, now - asleepSince, 0, 0);
                    did.add("halt");
                    did.add("wakeup");
                    asleepSince = 0;
                }
            } else if (running != 0) {
                callback();
            } else if (inTurn) {
                take();
            } else {
                idle();
            }
        }

        private void callback() {
            if (sendsLeft-- > 0) {
                publish();
                return;
            }
            clock = now;
            record(TraceEvent.CALLBACK, TraceRecordDescriptor.FIRST, begun, running, (int) (clock - begun),
                (int) (begun - interrupted));
            did("callback_end", running);
            running = 0;
        }

        private void take() {
            Long message = inbox.poll();
            if (message == null) {
                inTurn = false;
            } else if (random.nextInt(NEVER_HANDLED) == 0) {
                record(TraceEvent.UNHANDLED, 0, clock, message, 0, (int) (clock - interrupted));
                did("unhandled", message);
            } else {
                running = message;
                begun = clock;
                sendsLeft = random.nextInt(3);
                did("callback_begin", message);
            }
        }

        private void idle() {
            switch (random.nextInt(4)) {
                case 0 -> asleepSince = now;
                case 1 -> publish();
                default -> {
                    inTurn = true;
                    clock = now;
                    interrupted = now;
                }
            }
        }

        private void publish() {
            Cpu target = cpus.get(random.nextInt(cpus.size()));
            int lane = number << 10 | target.number;
            long id = MessageId.of(number, target.number, 1, numbers.merge(lane, 1, Integer::sum));
            target.inbox.add(id);
            published = id;
            publishedAt = now;
        }

        private void record(TraceEvent event, int flags, long time, long id, int arg0, int arg1) {
            ring.add(event, flags, time, id, 0x65, 64, arg0, arg1);
            longest = Math.max(longest, now - (time - (arg1 & 0xffff_ffffL)));
        }

        private void did(String event, long id) {
            did.add(event + " " + MessageId.text(id));
        }
    }

    private final Random random;
    private final List<Cpu> cpus = new ArrayList<>();
    private final Map<Integer, Integer> numbers = new HashMap<>();
    private final FakeJournal journal = new FakeJournal();
    private long now = 1000;
    private long longest;

    TraceSimulation(long seed, int cpuCount) {
        random = new Random(seed);
        for (int cpu = 0; cpu < cpuCount; cpu++) {
            cpus.add(new Cpu(cpu));
        }
    }

    /** Runs for so many steps of some CPU; what they wrote is drained now and then. */
    TraceSimulation run(int steps) {
        for (int step = 0; step < steps; step++) {
            now += 1 + random.nextInt(30);
            cpus.get(random.nextInt(cpus.size())).step();
            if (random.nextInt(20) == 0) {
                drain();
            }
        }
        for (Cpu cpu : cpus) {
            cpu.sendsLeft = 0;
            while (cpu.published != 0 || cpu.running != 0 || cpu.asleepSince != 0) {
                now++;
                cpu.step();
            }
        }
        drain();
        return this;
    }

    private void drain() {
        for (Cpu cpu : cpus) {
            if (!cpu.ring.isEmpty()) {
                journal.add(now, cpu.number, cpu.number, cpu.ring);
            }
        }
    }

    FakeJournal journal() {
        return journal;
    }

    /** What a CPU did, in its order. */
    List<String> did(int cpu) {
        return cpus.get(cpu).did;
    }

    /** Longest time between what a record tells of, or that a message could be seen, and its writing. */
    long longest() {
        return longest;
    }
}
