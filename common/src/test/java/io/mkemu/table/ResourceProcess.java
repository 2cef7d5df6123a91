// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.machine.MappedMachine;
import io.mkemu.testkit.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;

/** A kernel that does what it is asked, at any pace, and may be killed at any moment. It counts what it has done. */
final class ResourceProcess {
    /** The instance that it is. */
    static final int ID = 1;

    private ResourceProcess() {
    }

    public static void main(String[] args) throws IOException {
        ChildJvm.endWithParent();
        InstanceEntry entry = MappedMachine.open(Path.of(args[0])).instances().entry(ID);
        ResourceRequest request = entry.resources();
        Random random = new Random();
        System.out.println("up");
        while (true) {
            long number = request.take();
            for (int spins = random.nextInt(2_000); spins > 0; spins--) {
                Thread.onSpinWait();
            }
            /* What it prepares it counts, and what it undoes. */
            if (number != 0) {
                entry.countTask(InstanceDescriptor.TASKS_STARTED_OFFSET);
                if (!request.done(number)) {
                    entry.countTask(InstanceDescriptor.TASKS_ENDED_OFFSET);
                    request.letGo(number);
                }
            }
        }
    }
}
