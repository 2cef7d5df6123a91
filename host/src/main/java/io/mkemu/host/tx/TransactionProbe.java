// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.tx;

import io.mkemu.os.OsProcess;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A test hook that stops the host, by SIGSTOP to itself, in the middle of a transaction: what shows what a host leaves
 * that is killed there. {@code -Dmkemu.stop_in_tx=N} stops it after the N-th step of all transactions together; the
 * first step of each is that it is recorded as pending, each further one a change of an instance.
 */
public final class TransactionProbe {
    /** Name of the system property. */
    public static final String PROPERTY = "mkemu.stop_in_tx";
    private static final int STOP_AT = Integer.getInteger(PROPERTY, 0);
    private static final AtomicInteger STEPS = new AtomicInteger();

    private TransactionProbe() {
    }

    /** A step is done. */
    public static void step() {
        if (STOP_AT > 0 && STEPS.incrementAndGet() == STOP_AT) {
            OsProcess.stopSelf();
        }
    }
}
