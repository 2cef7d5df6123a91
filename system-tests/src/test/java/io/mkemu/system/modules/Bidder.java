// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.Errno;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** Bids in an auction, see {@link Keeper}: instance 1 always more than instance 2. */
public final class Bidder implements KernelModule {
    private final UnsafeBuffer bid = new UnsafeBuffer(new byte[16]);
    private Kernel kernel;
    private long rounds;
    private long round;
    private boolean mayBid;

    @Override
    public String name() {
        return "bidder";
    }

    @Override
    public void init(Kernel given) {
        kernel = given;
        rounds = kernel.parameter("rounds", 200);
        mayBid = kernel.instanceId() == Keeper.FIRST;
        kernel.registerHandler((data, context) -> mayBid = true, null, Keeper.GO);
        kernel.registerHandler(this::sold, null, Keeper.SOLD);
        kernel.startTask("bid", this::step);
    }

    private void sold(MkIpiData data, Object context) {
        round = data.buffer().getLong(0, ByteOrder.LITTLE_ENDIAN) + 1;
        mayBid = true;
    }

    private long step() {
        if (round == rounds || !kernel.isActive(Keeper.KEEPER) && round > 0) {
            return Task.DONE;
        }
        if (!mayBid || !kernel.isActive(Keeper.SECOND)) {
            return 10_000_000;
        }
        bid.putLong(0, round, ByteOrder.LITTLE_ENDIAN);
        bid.putLong(8, 10 * round + 3 - kernel.instanceId(), ByteOrder.LITTLE_ENDIAN);
        int result = kernel.sendIpiData(Keeper.KEEPER, bid, 0, bid.capacity(), Keeper.BID);
        if (result != 0 && result != -Errno.ESHUTDOWN && result != -Errno.ENODEV) {
            throw new IllegalStateException(Errno.name(result));
        }
        mayBid = result != 0;
        return result == 0 ? 10_000_000 : 1_000_000;
    }
}
