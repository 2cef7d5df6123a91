// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.PoolRam.SteppedBuffer;
import io.mkemu.testkit.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that stops inside a call, before the compare-and-set of a given number, to be killed there:
 * {@code RAM create|free|alloc SIZE STEP}. Says "stopped" then, or "done" if the call has fewer of them.
 */
final class PoolKillProcess {
    private PoolKillProcess() {
    }

    public static void main(String[] args) throws IOException {
        ChildJvm.endWithParent();
        long size = Long.parseLong(args[2]);
        int step = Integer.parseInt(args[3]);
        MappedMachine mapped = MappedMachine.open(Path.of(args[0]));
        RamLayout layout = mapped.memory().layout();
        if (args[1].equals("create")) {
            Window map = mapped.memory().map(layout.poolMapAt(), layout.poolMapSize());
            MultikernelPool.attach(mapped.memory(), map, new SteppedBuffer(map.buffer(), step, PoolKillProcess::stop))
                .createInstancePool(size, Pages.PAGE_SHIFT);
        } else {
            Region region = mapped.instances().entry(1).regions().getFirst();
            Window map = mapped.memory().map(region.address(), InstancePool.overhead(region.size()));
            SteppedBuffer stepped = new SteppedBuffer(map.buffer(), step, PoolKillProcess::stop);
            BitmapPool pool = BitmapPool.attach(stepped, 0, stepped.capacity());
            if (args[1].equals("alloc")) {
                pool.alloc(size, Pages.PAGE_SIZE);
            } else {
                pool.free(pool.base(), size);
            }
        }
        System.out.println("done");
    }

    private static void stop() {
        System.out.println("stopped");
        while (true) {
            LockSupport.park();
        }
    }
}
