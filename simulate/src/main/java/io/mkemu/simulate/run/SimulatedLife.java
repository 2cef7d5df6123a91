// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.host.life.HostedMachine;
import io.mkemu.host.life.InstanceLife;
import io.mkemu.host.life.KernelKind;
import io.mkemu.tree.InstanceSpec;
import java.util.BitSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** A life whose CPUs are stepped by the scheduler, where others have a process. Used by the run's thread only. */
final class SimulatedLife extends InstanceLife {
    private static final BitSet HOST_CPUS = new BitSet();

    private final Consumer<SimulatedLife> launch;
    private boolean paused;

    SimulatedLife(HostedMachine machine, InstanceSpec spec, BiConsumer<InstanceLife, String> over,
        Consumer<SimulatedLife> launch) {
        /* All kernels of a simulation live in this process. */
        super(machine, spec, KernelKind.JVM, over);
        this.launch = launch;
    }

    @Override
    public void launch() {
        launch.accept(this);
    }

    @Override
    public BitSet hostCpus() {
        return (BitSet) HOST_CPUS.clone();
    }

    @Override
    public long pid() {
        return spec().id();
    }

    @Override
    public boolean destroy() {
        return false;
    }

    @Override
    public boolean pause(boolean stops) {
        paused = stops;
        return true;
    }

    @Override
    public boolean isPaused() {
        return paused;
    }

    @Override
    public String waitsFor() {
        return "booting";
    }

    @Override
    public void takeOutput(boolean ended, BiConsumer<Boolean, String> line) {
        /* What its modules print goes to the output of the simulation. */
    }

    @Override
    public boolean hasOutput() {
        return false;
    }
}
