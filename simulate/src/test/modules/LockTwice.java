// SPDX-License-Identifier: Apache-2.0
import io.mkemu.module.Check;
import io.mkemu.module.Operation;
import io.mkemu.module.SequentialModel;
import io.mkemu.module.Task;
import java.util.ArrayDeque;

/** The host has a lock. The bug: it gives it to the next one if its owner has had it for long. */
public final class LockTwice extends Base {
    private static final int LOCK = 1;
    private static final int UNLOCK = 2;
    private static final int ANSWER = 3;
    private static final int TIMES = 4;

    private final ArrayDeque<Integer> waiting = new ArrayDeque<>();
    private int owner = -1;
    private long since;
    private boolean holds;
    private boolean asked;
    private boolean answered;
    private int times;

    @Override
    void host() {
        on(LOCK, (from, value) -> {
            if (owner == -1 || planted && kernel.nanoTime() - since > 4 * MICRO) {
                give(from);
            } else {
                waiting.add(from);
            }
        });
        on(UNLOCK, (from, value) -> {
            if (owner == from) {
                owner = -1;
                if (!waiting.isEmpty()) {
                    give(waiting.remove());
                }
            }
            send(from, ANSWER, 0);
        });
    }

    private void give(int to) {
        owner = to;
        since = kernel.nanoTime();
        send(to, ANSWER, 0);
    }

    @Override
    void member() {
        Operation lock = kernel.operation("lock");
        Operation unlock = kernel.operation("unlock");
        on(ANSWER, (from, value) -> answered = true);
        kernel.startTask("client", () -> {
            Operation now = holds ? unlock : lock;
            if (asked) {
                if (!answered) {
                    return Task.WAIT;
                }
                now.ends();
                asked = false;
                holds = !holds;
                times += holds ? 1 : 0;
                return !holds && times == TIMES ? Task.DONE : MICRO;
            }
            now.begins(id);
            answered = false;
            asked = send(0, holds ? UNLOCK : LOCK, 0) == 0;
            if (!asked) {
                now.hadNoEffect();
            }
            return asked ? Task.WAIT : MICRO;
        });
    }

    /** A lock. */
    public static final class Rule implements Check, SequentialModel<Long> {
        @Override
        public SequentialModel<?> model() {
            return this;
        }

        @Override
        public Long initial(long object) {
            return -1L;
        }

        @Override
        public Long apply(Long owner, String operation, long who, long result) {
            return operation.equals("lock") ? owner == -1 ? who : null : owner == who ? -1L : null;
        }

        @Override
        public Long applyPending(Long owner, String operation, long who) {
            return apply(owner, operation, who, 0);
        }
    }
}
