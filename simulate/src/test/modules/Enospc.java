// SPDX-License-Identifier: Apache-2.0
import io.mkemu.module.Task;

/** n1 sends twelve numbers to n2, faster than that takes them. The bug: it takes no notice of -ENOSPC. */
public final class Enospc extends Base {
    private static final int NUMBER = 1;
    private static final int NUMBERS = 12;

    private int next;

    @Override
    void host() {
        /* It has no part in this. */
    }

    @Override
    void member() {
        if (id == 2) {
            on(NUMBER, (from, value) -> next++);
            kernel.startTask("take", () -> next == NUMBERS ? Task.DONE : Task.WAIT);
            return;
        }
        kernel.startTask("send", () -> {
            if (!kernel.isActive(2)) {
                return MICRO;
            }
            int result = send(2, NUMBER, next);
            if (result != 0 && !planted) {
                return MICRO;
            }
            return ++next == NUMBERS ? Task.DONE : Task.AGAIN;
        });
    }
}
