// SPDX-License-Identifier: Apache-2.0
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import org.agrona.concurrent.UnsafeBuffer;

/** The host sells, instances 1 and 2 bid. The higher bid should win each round. There is a bug: the later one does. */
public final class Auction implements KernelModule {
    private static final int OPEN = 1;
    private static final int BID = 2;
    private static final int SOLD = 3;
    private static final int ROUNDS = 20;

    private final UnsafeBuffer message = new UnsafeBuffer(new byte[Long.BYTES]);
    private Kernel kernel;
    private int round;
    private int bids;
    private int wrong;
    private long highest;
    private long price;

    @Override
    public void init(Kernel given) {
        kernel = given;
        if (kernel.instanceId() != 0) {
            kernel.registerHandler((data, context) -> send(0, Math.floorMod(kernel.randomLong(), 1000L), BID), null, OPEN);
            kernel.registerHandler((data, context) -> price = data.buffer().getLong(0), null, SOLD);
            return;
        }
        kernel.registerHandler((data, context) -> bid(data.buffer().getLong(0)), null, BID);
        kernel.startTask("auction", () -> {
            if (round == 0 && !(kernel.isActive(1) && kernel.isActive(2))) {
                return 1_000_000; // ns until the next look
            }
            if (round == 0) {
                open();
            }
            return round > ROUNDS ? Task.DONE : Task.WAIT;
        });
    }

    private void open() {
        round++;
        bids = 0;
        highest = 0;
        send(1, round, OPEN);
        send(2, round, OPEN);
    }

    private void bid(long bid) {
        highest = Math.max(highest, bid);
        price = bid; // the bug: it should be the highest
        bids++;
        if (bids < 2) {
            return;
        }
        if (price != highest) {
            wrong++;
            kernel.printk("round " + round + ": sold for " + price + ", but " + highest + " was bid");
        }
        send(1, price, SOLD);
        send(2, price, SOLD);
        if (round < ROUNDS) {
            open();
        } else {
            round++;
            kernel.printk(wrong + " of " + ROUNDS + " rounds went wrong");
        }
    }

    private void send(int instance, long number, int type) {
        message.putLong(0, number);
        int result = kernel.sendIpiData(instance, message, 0, Long.BYTES, type);
        if (result != 0) {
            kernel.printk("instance " + instance + ", type " + type + ": " + result);
        }
    }
}
