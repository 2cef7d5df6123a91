// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.stress;

import io.mkemu.module.Instance;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Uses all that a kernel gives to modules, by chance, and says so when it gets what it must not: the load of mkemu's
 * own simulation. Parameter {@code lax=1}: the mailbox keeps no promise, as the RFC's, so none is looked after.
 */
public final class StressModule implements KernelModule {
    private static final int KERNELS = 3;
    private static final int FIRST_NANOS = 3_000;
    private static final int MOST_DOUBLINGS = 16;

    @Override
    public String name() {
        return "stress";
    }

    @Override
    public void init(Kernel kernel) {
        boolean strict = kernel.parameter("lax", 0) == 0;
        Instance itself = kernel.findInstance(kernel.instanceId());
        /* Not all that there can be: that would be most of what a run costs. */
        List<Instance> all = IntStream.range(0, KERNELS).mapToObj(kernel::findInstance).toList();
        Talk talk = new Talk(kernel, strict, all);
        SharedPages pages = new SharedPages(kernel, strict, all);
        talk.registers();
        pages.registers();
        for (int cpu = 0; cpu < itself.cpus().size(); cpu++) {
            int number = cpu;
            int other = (cpu + 1) % itself.cpus().size();
            kernel.runOnCpu(cpu, () -> {
                talk.starts();
                pages.starts(number);
                kernel.startTask("churn", new Churn(kernel));
                kernel.startTask("hop", new Hop(kernel, number, other));
            });
        }
    }

    /**
     * How long to wait before a further attempt, ns: twice as long each time. A kernel may have been killed whose host
     * does not see that before it has waited 2 s for another CPU.
     *
     * @param attempts so many in vain
     */
    static long patience(Kernel kernel, int attempts) {
        return 1L + random(kernel, FIRST_NANOS) << Math.min(attempts, MOST_DOUBLINGS);
    }

    /** Below a bound, from 0. */
    static int random(Kernel kernel, int bound) {
        return (int) (kernel.randomLong() >>> 33) % bound;
    }
}
