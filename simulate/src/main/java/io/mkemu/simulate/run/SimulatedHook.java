// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.abi.WorkKind;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.kernel.HookedKernel;
import io.mkemu.kernel.KernelHook;
import io.mkemu.module.Kernel;
import io.mkemu.trace.TraceWriter;

/** Stands between a simulated kernel and its modules. Where the run is recorded, the recorder stands behind it. */
final class SimulatedHook implements KernelHook {
    private final Simulation run;
    private final int instance;
    private final KernelHook recorder;
    private final HookedKernel kernel;

    SimulatedHook(Simulation run, int instance, HookedKernel kernel, KernelHook recorder) {
        this.run = run;
        this.instance = instance;
        this.kernel = kernel;
        this.recorder = recorder;
    }

    @Override
    public Kernel decorate(Kernel given) {
        return new SimulatedKernel(run, instance, kernel, recorder.decorate(given));
    }

    @Override
    public OnCpu onCpu(int logicalCpu, TraceWriter writer) {
        OnCpu recorded = recorder.onCpu(logicalCpu, writer);
        return new OnCpu() {
            @Override
            public void callbackBegins(long nanos, int handler, int type, MkIpiData data) {
                recorded.callbackBegins(nanos, handler, type, data);
            }

            @Override
            public <E extends Exception> void run(WorkKind kind, int module, Work<E> work) throws E {
                recorded.run(kind, module, () -> {
                    try {
                        work.run();
                    } catch (Throwable fault) {
                        run.fails(Failure.Kind.MODULE_THREW, run.nameOf(instance) + ": "
                            + (kind == WorkKind.INIT ? "init" : "exit") + " threw " + fault);
                        throw fault;
                    }
                });
            }
        };
    }

    @Override
    public void close() {
        recorder.close();
    }
}
