// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.host.life.HostedMachine;
import io.mkemu.host.life.Recorder;
import io.mkemu.log.KernelLog;
import io.mkemu.log.LogLevel;
import io.mkemu.machine.MappedMachine;
import io.mkemu.plan.MachinePlan;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.function.BiConsumer;

/** A machine all of whose kernels run in one thread: each CPU has a host CPU of its own, as far as it knows. */
final class SimulatedMachine extends HostedMachine {
    private static final BitSet HOST_CPUS = new BitSet();

    private final String name;
    private final BiConsumer<String, Throwable> faults;
    private final Recorder recorder;

    /**
     * A machine without instances, its host loaded.
     *
     * @param faults told of mkemu's own
     * @throws IOException if the plan says that it is recorded, and it cannot be
     */
    SimulatedMachine(String name, MappedMachine mapped, MachinePlan plan, BiConsumer<String, Throwable> faults)
        throws IOException {
        super(mapped, plan);
        this.name = name;
        this.faults = faults;
        makeHost(HOST_CPUS);
        this.recorder = Recorder.start(this, null);
    }

    /* What is recorded of it depends on the seed alone. */
    @Override
    public long unixNanos() {
        return mapped().platform().nanoTime();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    protected String clockParameter() {
        return "";
    }

    @Override
    public void place(List<Integer> numbers, BitSet hostCpus) {
        /* Nothing is pinned. */
    }

    @Override
    protected void displace(List<Integer> numbers) {
        /* Nothing is pinned. */
    }

    @Override
    protected int hostCpu(int physicalCpu) {
        return -1;
    }

    @Override
    public void say(LogLevel level, String line) {
        new KernelLog(memory(), 0).append(level.ordinal(), -1, line);
    }

    @Override
    public void report(String where, Throwable fault) {
        faults.accept(where, fault);
    }

    @Override
    public Recorder recorder() {
        return recorder;
    }
}
