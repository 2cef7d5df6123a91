// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.module.Instance;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.util.ArrayList;
import java.util.List;

/**
 * Pings all other kernels for ever and answers their pings. Says when it has heard everyone, and when it has gone on
 * without one that is gone; with {@code chatter.until=death} its task ends then.
 */
public final class Chatter implements KernelModule {
    private static final int PING = 0x50494e47;
    private static final int PONG = 0x504f4e47;
    private static final long PERIOD_NANOS = 500_000;
    private static final int ENOUGH = 100;

    private final long[] heard = new long[256];
    private final List<Integer> peers = new ArrayList<>();
    private Kernel kernel;
    private long next;
    private boolean hearsAll;
    private boolean done;
    private int lost = -1;
    private long heardAtLoss;

    @Override
    public String name() {
        return "chatter";
    }

    @Override
    public void init(Kernel mine) {
        kernel = mine;
        for (Instance instance : mine.instances()) {
            if (instance.id() != mine.instanceId()) {
                peers.add(instance.id());
            }
        }
        next = mine.nanoTime();
        mine.registerHandler((data, context) -> {
            int sender = mine.instanceOfCpu(data.senderCpu());
            mine.sendIpiData(sender, data.buffer(), 0, data.dataSize(), PONG);
        }, null, PING);
        mine.registerHandler((data, context) -> heard[mine.instanceOfCpu(data.senderCpu())]++, null, PONG);
        mine.startTask("chatter", this::step);
    }

    private long step() {
        long now = kernel.nanoTime();
        if (now - next < 0) {
            return next - now;
        }
        next = now + PERIOD_NANOS;
        byte[] payload = new byte[64];
        for (int peer : peers) {
            if (kernel.isActive(peer)) {
                kernel.sendIpiData(peer, payload, PING);
            } else if (lost < 0 && heard[peer] > 0) {
                lost = peer;
                heardAtLoss = heardFromOthers();
            }
        }
        if (!hearsAll && peers.stream().allMatch(peer -> heard[peer] > 0)) {
            hearsAll = true;
            kernel.printk("chatter: hears all");
        }
        if (!done && lost >= 0 && heardFromOthers() - heardAtLoss >= ENOUGH) {
            done = true;
            kernel.printk("chatter: goes on without instance " + lost);
        }
        return done && "death".equals(kernel.parameter("until")) ? Task.DONE : PERIOD_NANOS;
    }

    private long heardFromOthers() {
        return peers.stream().filter(peer -> peer != lost).mapToLong(peer -> heard[peer]).sum();
    }
}
