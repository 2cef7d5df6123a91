// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.machine.MappedMachine;
import io.mkemu.testkit.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A kernel whose CPU 0 says so when the first message comes, and does not come back from its callback. */
final class StuckReceiver {
    static final String STUCK = "stuck";

    private StuckReceiver() {
    }

    public static void main(String[] args) throws IOException {
        ChildJvm.endWithParent();
        MappedMachine mapped = MappedMachine.open(Path.of(args[0]));
        new TestCpu(mapped, mapped.instances().entry(1), 0, false, data -> stick()).runUntil(() -> false);
    }

    private static void stick() {
        System.out.println(STUCK);
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException stop) {
            throw new IllegalStateException(stop);
        }
    }
}
