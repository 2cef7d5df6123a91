// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

/** The journal of three kernels that send each other messages of type 0x65, by chance. */
public final class TestTraffic {
    private static final int CPUS = 3;
    private static final int STEPS = 5000;

    private final TraceSimulation simulation;

    /** Another seed, other messages. */
    public TestTraffic(long seed) {
        simulation = new TraceSimulation(seed, CPUS).run(STEPS);
    }

    /** The journal; CPU n is of instance n. */
    public FakeJournal journal() {
        return simulation.journal();
    }

    /** Messages sent. */
    public long sent() {
        return count("send .*");
    }

    /** Messages delivered. */
    public long delivered() {
        return count("(callback_begin|unhandled) .*");
    }

    private long count(String pattern) {
        long count = 0;
        for (int cpu = 0; cpu < CPUS; cpu++) {
            count += simulation.did(cpu).stream().filter(what -> what.matches(pattern)).count();
        }
        return count;
    }
}
