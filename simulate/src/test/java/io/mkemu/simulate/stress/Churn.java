// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.stress;

import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Kernel;
import io.mkemu.module.Task;

/** Registers a further handler and takes it back, again and again: none of its callbacks may run after that. */
final class Churn implements Task {
    private static final int TIMES = 3;
    private static final int MOST_NANOS = 6_000;

    private final Kernel kernel;
    private IpiHandler handler;
    /* What the callbacks of the handler get: whether it was taken back. */
    private boolean[] gone;
    private int times;

    Churn(Kernel kernel) {
        this.kernel = kernel;
    }

    @Override
    public long step() {
        if (handler == null) {
            if (times++ == TIMES) {
                return DONE;
            }
            gone = new boolean[1];
            handler = kernel.registerHandler(this::handle, gone, Talk.DATA);
        } else {
            int result = kernel.unregisterHandler(handler);
            if (result != 0) {
                throw new IllegalStateException("a handler cannot be taken back: " + result);
            }
            gone[0] = true;
            handler = null;
        }
        return 1L + StressModule.random(kernel, MOST_NANOS);
    }

    private void handle(MkIpiData data, Object context) {
        if (((boolean[]) context)[0]) {
            throw new IllegalStateException("a handler runs that was taken back");
        }
    }
}
