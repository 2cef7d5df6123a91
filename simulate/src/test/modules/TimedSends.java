// SPDX-License-Identifier: Apache-2.0
import io.mkemu.module.Task;
import org.agrona.concurrent.UnsafeBuffer;

/** n1 and n2 send to each other. The bug: each waits for room in the other's lane, and takes nothing meanwhile. */
public final class TimedSends extends Base {
    private static final int NUMBER = 1;
    private static final int NUMBERS = 6;
    private static final int BURST = 3;
    private static final long AN_HOUR = 3_600_000_000_000L;

    private int sent;
    private int taken;

    @Override
    void host() {
        /* It has no part in this. */
    }

    @Override
    void member() {
        on(NUMBER, (from, value) -> taken++);
        kernel.startTask("exchange", () -> {
            if (sent >= NUMBERS) {
                return taken >= NUMBERS ? Task.DONE : Task.WAIT;
            }
            if (!kernel.isActive(3 - id)) {
                return MICRO;
            }
            for (int burst = 0; burst < BURST; burst++) {
                int result = planted ? kernel.sendIpiDataTimeout(3 - id, new UnsafeBuffer(bytes(sent)), 0, Long.BYTES,
                    NUMBER, AN_HOUR) : send(3 - id, NUMBER, sent);
                if (result != 0) {
                    return MICRO;
                }
                sent++;
            }
            return Task.AGAIN;
        });
    }
}
