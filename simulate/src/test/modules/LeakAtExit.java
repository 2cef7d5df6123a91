// SPDX-License-Identifier: Apache-2.0
import io.mkemu.module.Task;

/** n1 allocates a page for each of its messages to n2. The bug: one that cannot be sent leaves its page behind. */
public final class LeakAtExit extends Base {
    private static final int NUMBER = 1;
    private static final int NUMBERS = 5;

    private int sent;

    @Override
    void host() {
        /* It has no part in this. */
    }

    @Override
    void member() {
        on(NUMBER, (from, value) -> { });
        if (id == 1) {
            kernel.startTask("send", () -> {
                long page = kernel.instanceAlloc(4096, 4096);
                int result = send(2, NUMBER, page);
                if (result == 0 || !planted) {
                    kernel.instanceFree(page, 4096);
                }
                sent += result == 0 ? 1 : 0;
                return sent == NUMBERS ? Task.DONE : MICRO;
            });
        }
    }
}
