// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.PayloadDecoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * An auction: two bidders, {@link Bidder}, bid in each round, and both are told who got it. It ought to be the higher
 * bid. It is the one that came last: a bug that depends on the order of arrival. In round 0 the higher one comes first.
 */
public class Keeper implements KernelModule {
    static final int BID = 0x100;
    static final int GO = 0x101;
    static final int SOLD = 0x102;
    static final int KEEPER = 3;
    static final int FIRST = 1;
    static final int SECOND = 2;

    private final UnsafeBuffer sold = new UnsafeBuffer(new byte[24]);
    private Kernel kernel;
    private long earlier = -1;
    private int wrong;

    @Override
    public final String name() {
        return "keeper";
    }

    @Override
    public final void init(Kernel given) {
        kernel = given;
        kernel.nameType(BID, "auction.bid");
        kernel.nameType(SOLD, "auction.sold");
        kernel.registerHandler(this::bid, null, BID);
    }

    private void bid(MkIpiData data, Object context) {
        long round = data.buffer().getLong(0, ByteOrder.LITTLE_ENDIAN);
        long bid = data.buffer().getLong(8, ByteOrder.LITTLE_ENDIAN);
        if (earlier < 0) {
            earlier = bid;
            if (round == 0) {
                kernel.sendIpiData(SECOND, new byte[0], GO);
            }
            return;
        }
        long winner = winner(earlier, bid);
        if (winner != Math.max(earlier, bid)) {
            wrong++;
            kernel.printk("round " + round + ": sold for " + winner + ", number " + wrong + " that is wrong");
        }
        earlier = -1;
        sold.putLong(0, round, ByteOrder.LITTLE_ENDIAN);
        sold.putLong(8, winner, ByteOrder.LITTLE_ENDIAN);
        sold.putLong(16, kernel.randomLong(), ByteOrder.LITTLE_ENDIAN);
        kernel.sendIpiData(FIRST, sold, 0, sold.capacity(), SOLD);
        kernel.sendIpiData(SECOND, sold, 0, sold.capacity(), SOLD);
    }

    /** Who gets it. */
    protected long winner(long first, long last) {
        return last;
    }

    @Override
    public final void exit() {
        kernel.printk(wrong + " rounds were wrong");
    }

    /** What the auction's messages say. */
    public static final class Decoder implements PayloadDecoder {
        @Override
        public String decode(int type, DirectBuffer payload) {
            long round = payload.getLong(0, ByteOrder.LITTLE_ENDIAN);
            long price = payload.getLong(8, ByteOrder.LITTLE_ENDIAN);
            return type == BID ? "bid " + price + " in \"round\" " + round
                : type == SOLD ? "round " + round + "\u001b[2J: " + price : null;
        }
    }

    /** As it ought to be. */
    public static final class Mended extends Keeper {
        @Override
        protected long winner(long first, long last) {
            return Math.max(first, last);
        }
    }

    /** Mended for the worse: it never decides. */
    public static final class Stuck extends Keeper {
        @Override
        protected long winner(long first, long last) {
            while (true) {
                Thread.onSpinWait();
            }
        }
    }

    /** Mended for the worse: it leaves. */
    public static final class Exits extends Keeper {
        @Override
        protected long winner(long first, long last) {
            System.exit(9);
            return 0;
        }
    }

    /** Is killed in the middle of its third round. */
    public static final class Killed extends Keeper {
        private int rounds;

        @Override
        protected long winner(long first, long last) {
            rounds++;
            if (rounds == 3) {
                try {
                    new ProcessBuilder("kill", "-9", Long.toString(ProcessHandle.current().pid())).start().waitFor();
                } catch (IOException broken) {
                    throw new UncheckedIOException(broken);
                } catch (InterruptedException stop) {
                    Thread.currentThread().interrupt();
                }
            }
            return last;
        }
    }
}
