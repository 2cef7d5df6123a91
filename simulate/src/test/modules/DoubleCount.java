// SPDX-License-Identifier: Apache-2.0
import io.mkemu.module.Check;
import io.mkemu.module.Observed;
import io.mkemu.module.Task;

/** n1 tells the host five numbers. The bug: the host counts again what a former life of n1 has told. */
public final class DoubleCount extends Base {
    private static final int NUMBER = 1;
    private static final int NUMBERS = 5;

    private long told;

    @Override
    void host() {
        on(NUMBER, (from, value) -> {
            if (planted || value == told) {
                kernel.observe("told", ++told);
            }
        });
    }

    @Override
    void member() {
        if (id == 1) {
            kernel.startTask("tell", () -> {
                told += send(0, NUMBER, told) == 0 ? 1 : 0;
                return told == NUMBERS ? Task.DONE : MICRO;
            });
        }
    }

    /** All are counted once. */
    public static final class Rule implements Check {
        @Override
        public String look(Observed machine) {
            return machine.value(0, "told", 0) > NUMBERS ? "counted twice" : null;
        }

        @Override
        public String atEnd(Observed machine) {
            return machine.value(0, "told", 0) == NUMBERS ? null : "not all are counted";
        }
    }
}
