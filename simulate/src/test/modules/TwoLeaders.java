// SPDX-License-Identifier: Apache-2.0
import io.mkemu.module.Check;
import io.mkemu.module.Observed;
import io.mkemu.module.Task;

/** The host says who leads; n2 takes over when n1 is dead. The bug: a new life of n1 leads without asking. */
public final class TwoLeaders extends Base {
    private static final int ASK = 1;
    private static final int LEAD = 2;

    private int leader = 1;
    private boolean leads;

    @Override
    void host() {
        on(ASK, (from, value) -> {
            if (leader == from || !kernel.isActive(leader)) {
                leader = from;
                send(from, LEAD, 0);
            }
        });
    }

    @Override
    void member() {
        on(LEAD, (from, value) -> lead());
        if (planted && id == 1) {
            lead();
        }
        long end = kernel.nanoTime() + 3_000 * MICRO;
        kernel.startTask("ask", () -> {
            if (leads || kernel.nanoTime() > end) {
                return Task.DONE;
            }
            if (kernel.isActive(1) || id == 1) {
                send(0, ASK, 0);
                return 20 * MICRO;
            }
            send(0, ASK, 0);
            return 20 * MICRO;
        });
    }

    private void lead() {
        leads = true;
        kernel.observe("leads", 1);
    }

    /** At most one leads. */
    public static final class Rule implements Check {
        @Override
        public String look(Observed machine) {
            return machine.value(1, "leads", 0) + machine.value(2, "leads", 0) > 1 ? "two leaders" : null;
        }
    }
}
