// SPDX-License-Identifier: Apache-2.0
import io.mkemu.module.Check;
import io.mkemu.module.Operation;
import io.mkemu.module.SequentialModel;
import io.mkemu.module.Task;

/**
 * n2 writes to the host, which hands the value on to n1, of which n3 reads. The bug: the host answers n2 before n1 has
 * it.
 */
public final class StaleRead extends Base {
    private static final int WRITE = 1;
    private static final int COPY = 2;
    private static final int COPIED = 3;
    private static final int ANSWER = 4;
    private static final int READ = 5;
    private static final int TIMES = 5;

    private long held;
    private long answer = -1;
    private boolean asked;
    private int times;

    @Override
    void host() {
        on(WRITE, (from, value) -> {
            surely("copy", 1, COPY, value);
            if (planted) {
                send(from, ANSWER, 0);
            }
        });
        on(COPIED, (from, value) -> {
            if (!planted) {
                send(2, ANSWER, 0);
            }
        });
    }

    @Override
    void member() {
        on(COPY, (from, value) -> {
            held = value;
            send(0, COPIED, 0);
        });
        on(READ, (from, value) -> send(from, ANSWER, held));
        on(ANSWER, (from, value) -> answer = value);
        if (id != 1) {
            Operation operation = kernel.operation(id == 2 ? "write" : "read");
            kernel.startTask("client", () -> {
                if (asked) {
                    if (answer == -1) {
                        return Task.WAIT;
                    }
                    operation.ends(answer);
                    asked = false;
                    return ++times == TIMES ? Task.DONE : Task.AGAIN;
                }
                operation.begins(times + 1);
                answer = -1;
                asked = send(id == 2 ? 0 : 1, id == 2 ? WRITE : READ, times + 1) == 0;
                if (!asked) {
                    operation.hadNoEffect();
                }
                return asked ? Task.WAIT : MICRO;
            });
        }
    }

    /** A register. */
    public static final class Rule implements Check, SequentialModel<Long> {
        @Override
        public SequentialModel<?> model() {
            return this;
        }

        @Override
        public Long initial(long object) {
            return 0L;
        }

        @Override
        public Long apply(Long value, String operation, long argument, long result) {
            return operation.equals("write") ? Long.valueOf(argument) : value == result ? value : null;
        }

        @Override
        public Long applyPending(Long value, String operation, long argument) {
            return operation.equals("write") ? Long.valueOf(argument) : value;
        }
    }
}
