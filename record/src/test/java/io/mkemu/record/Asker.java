// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.Window;
import io.mkemu.message.MessageType;
import io.mkemu.message.Messages;
import io.mkemu.module.InstanceWatch;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import io.mkemu.module.Timer;
import io.mkemu.testkit.Await;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Asks its kernel for all there is, puts what it is told into a sum, and sends the sum in each message: one wrong
 * answer makes all later messages different.
 */
final class Asker implements KernelModule {
    static final int PEER = 1;
    static final int PEER_CPU = 3;
    static final int ASKER = 2;
    static final int ASK = 0x50;
    static final int ANSWER = 0x51;
    static final int BYE = 0x52;
    static final int ROUNDS = 20;
    private static final int RANGE = 3;

    private final AtomicInteger rounds = new AtomicInteger();
    private final UnsafeBuffer out = new UnsafeBuffer(new byte[24]);
    private Kernel kernel;
    private Window mine;
    private Window range;
    private long page;
    private long pages;
    private long sum;
    private Timer tick;
    private Messages messages;
    private volatile boolean told;
    private volatile boolean done;

    @Override
    public String name() {
        return "asker";
    }

    @Override
    public void init(Kernel given) {
        kernel = given;
        add(kernel.parameter("seed", 0));
        page = kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
        mine = kernel.memremap(page, Pages.PAGE_SIZE);
        mine.buffer().setMemory(0, Pages.PAGE_SIZE, (byte) 0);
        IpiHandler soon = kernel.registerHandler((data, context) -> add(1), null, ANSWER);
        kernel.registerHandler((data, context) -> add(data.buffer().getLong(0)), null, ANSWER);
        kernel.registerHandler((data, context) -> answered(data), null, ANSWER);
        add(kernel.unregisterHandler(soon));
        kernel.registerHandler((data, context) -> {
            Window theirs = kernel.receiveMapPage(data);
            add(theirs == null ? -1 : theirs.buffer().getLong(8));
            add(kernel.receiveMapPage(null) == null ? 3 : 4);
            kernel.receiveUnmapPage(theirs);
        }, null, MkIpiDataDescriptor.PFN_IPI_TYPE);
        kernel.registerHandler((data, context) -> {
            add(kernel.receivePages(data).tag());
            Window theirs = kernel.receiveMapPages(data);
            for (int page = 0; page < RANGE; page++) {
                add(theirs.buffer().getLong(page * Pages.PAGE_SIZE + 16));
            }
            add(kernel.receiveMapPages(null) == null ? 3 : 4);
            kernel.receiveUnmapPage(theirs);
        }, null, MkIpiDataDescriptor.PAGES_IPI_TYPE);
        pages = kernel.allocPages(RANGE);
        add(pages);
        add(kernel.allocPages(0));
        range = kernel.memremap(Pages.address(pages), Pages.address(RANGE));
        range.buffer().setMemory(0, range.buffer().capacity(), (byte) 0);
        InstanceWatch[] watch = new InstanceWatch[1];
        watch[0] = kernel.onInstanceChange((id, life, change) -> {
            add(id * 100L + life * 10 + change.ordinal());
            if (id == ASKER) {
                watch[0].end();
            }
        });
        messages = new Messages(kernel);
        kernel.startTask("ask", this::ask);
        kernel.startTask("other", () -> {
            add(kernel.randomLong());
            return Task.DONE;
        });
    }

    private synchronized void add(long value) {
        sum = sum * 31 + value;
    }

    private long ask() {
        messages.call(PEER, MessageType.USER, 0, out, 0, 8, TimeUnit.SECONDS.toNanos(Await.WATCHDOG_SECONDS),
            (id, result, answer) -> {
                add(id + result + (answer == null ? 1 : answer.getLong(0)));
                told = true;
            });
        add(kernel.nanoTime());
        kernel.after(0, () -> add(kernel.randomLong()));
        add(kernel.after(0, () -> add(9)).cancel() ? 10 : 11);
        tick = kernel.every(100_000, () -> add(kernel.randomLong()));
        add(kernel.isActive(PEER) ? 5 : 6);
        add(kernel.life(PEER));
        add(kernel.instances().toString().hashCode());
        add(String.valueOf(kernel.findInstance(PEER)).hashCode());
        add(kernel.findInstance(200) == null ? 7 : 8);
        add(kernel.sendIpiData(200, new byte[3], 1));
        add(kernel.sendIpiData(PEER, out, 0, 300, 1));
        add(kernel.sendIpiDataToCpu(PEER, 77, out, 0, 4, 1));
        add(kernel.sendIpiDataLongType(PEER, null, 0, 4, BYE));
        add(kernel.sendIpiDataTimeout(PEER, null, 0, 4, BYE, 1_000_000));
        add(kernel.sendPfn(PEER, 1));
        mine.buffer().putLong(0, sum);
        add(kernel.sendPfn(PEER, Pages.pfn(page)));
        add(kernel.sendPages(PEER, pages, 0, sum));
        add(kernel.sendPages(PEER, pages, RANGE, sum));
        out.putLong(0, sum);
        add(kernel.sendIpiData(PEER, out, 0, 24, ASK));
        return Task.DONE;
    }

    /** The peer has answered, and written into this kernel's page before. */
    private void answered(MkIpiData data) {
        add(kernel.instanceOfCpu(data.senderCpu()));
        add(data.senderInstance() * 1000 + data.senderLife());
        add(kernel.smpProcessorId());
        add(mine.buffer().getLong(16));
        add(range.buffer().getLong(2 * Pages.PAGE_SIZE));
        int round = rounds.incrementAndGet();
        if (round == ROUNDS) {
            add(tick.cancel() ? 12 : 13);
            add(kernel.revokePfn(PEER, Pages.pfn(page)));
            add(kernel.revokePages(PEER, pages, RANGE));
            kernel.runOnCpu(1, () -> {
                add(kernel.smpProcessorId() + kernel.nanoTime());
                out.putLong(8, sum);
                kernel.sendIpiDataToCpu(PEER, PEER_CPU, out, 0, 24, BYE);
                done = true;
            });
        } else {
            out.putLong(0, sum + kernel.nanoTime());
            kernel.sendIpiData(PEER, out, 0, 24, ASK);
        }
    }

    @Override
    public void exit() {
        mine.close();
        range.close();
        add(kernel.freePages(pages, RANGE));
        add(kernel.instanceFree(page, Pages.PAGE_SIZE));
        kernel.printk(LogLevel.INFO, "sum " + Long.toHexString(sum));
    }

    /** Whether it has had all its answers. */
    boolean isDone() {
        return done && told;
    }

    /** The other kernel: maps what it is sent, writes into it, shares a page of its own, and answers. */
    static void peer(Node node) throws Exception {
        node.on(() -> {
            Kernel kernel = node.api;
            new Messages(kernel).register(MessageType.USER, message -> {
                UnsafeBuffer now = new UnsafeBuffer(new byte[8]);
                now.putLong(0, System.nanoTime());
                message.answer(now, 0, 8);
            });
            long own = kernel.instanceAlloc(Pages.PAGE_SIZE, 1);
            Window window = kernel.memremap(own, Pages.PAGE_SIZE);
            Window[] theirs = new Window[2];
            kernel.registerHandler((data, context) -> theirs[1] = kernel.receiveMapPages(data), null,
                MkIpiDataDescriptor.PAGES_IPI_TYPE);
            long ownPages = kernel.allocPages(RANGE);
            Window ownRange = kernel.memremap(Pages.address(ownPages), Pages.address(RANGE));
            kernel.registerHandler((data, context) -> theirs[0] = kernel.receiveMapPage(data), null,
                MkIpiDataDescriptor.PFN_IPI_TYPE);
            kernel.registerHandler((data, context) -> {
                theirs[0].buffer().putLong(16, System.nanoTime());
                window.buffer().putLong(8, System.nanoTime());
                kernel.sendPfn(ASKER, Pages.pfn(own));
                theirs[1].buffer().putLong(2 * Pages.PAGE_SIZE, System.nanoTime());
                ownRange.buffer().putLong(Pages.PAGE_SIZE + 16, System.nanoTime());
                kernel.sendPages(ASKER, ownPages, RANGE, System.nanoTime());
                byte[] answer = new byte[8];
                new UnsafeBuffer(answer).putLong(0, System.nanoTime());
                kernel.sendIpiData(ASKER, answer, ANSWER);
            }, null, ASK);
            kernel.registerHandler((data, context) -> {
                if (data.dataSize() == 24) {
                    theirs[0].close();
                    theirs[1].close();
                }
            }, null, BYE);
            return null;
        });
    }
}
