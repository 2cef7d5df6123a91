// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.abi.InstanceState;
import io.mkemu.module.InstanceChange;
import io.mkemu.module.InstanceListener;
import io.mkemu.module.InstanceWatch;
import java.util.ArrayList;
import java.util.List;

/** Tells listeners of a fake kernel what has become of the kernels of its machine since they were told last. */
final class FakeWatches {
    private record Known(long life, boolean isActive) {
    }

    private final class One implements InstanceWatch {
        private final InstanceListener listener;
        private final Known[] known = new Known[machine.kernels().size()];

        One(InstanceListener listener) {
            this.listener = listener;
        }

        @Override
        public void end() {
            watches.remove(this);
        }

        boolean look() {
            boolean told = false;
            for (FakeKernel kernel : machine.kernels()) {
                Known before = known[kernel.instanceId()];
                Known now = new Known(kernel.life(), kernel.state() == InstanceState.ACTIVE);
                known[kernel.instanceId()] = now;
                boolean same = before != null && before.life == now.life;
                if (before != null && before.isActive && !(same && now.isActive)) {
                    told = true;
                    listener.onInstanceChange(kernel.instanceId(), before.life,
                        same && kernel.state() == InstanceState.FAILED ? InstanceChange.FAILED : InstanceChange.GONE);
                }
                if (now.isActive && !(same && before.isActive) && watches.contains(this)) {
                    told = true;
                    listener.onInstanceChange(kernel.instanceId(), now.life, InstanceChange.ACTIVE);
                }
            }
            return told;
        }
    }

    private final FakeMachine machine;
    private final List<One> watches = new ArrayList<>();

    FakeWatches(FakeMachine machine) {
        this.machine = machine;
    }

    InstanceWatch add(InstanceListener listener) {
        One watch = new One(listener);
        watches.add(watch);
        return watch;
    }

    /** Tells what is new; whether there was anything. */
    boolean run() {
        boolean told = false;
        for (One watch : List.copyOf(watches)) {
            told |= watches.contains(watch) && watch.look();
        }
        return told;
    }

    void clear() {
        watches.clear();
    }
}
