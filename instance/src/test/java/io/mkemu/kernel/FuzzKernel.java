// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.Errno;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.boot.BootParameters;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.os.OsProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The process of one kernel of {@link FuzzTest}. Kernels 1 and 2 are witnesses: 1 asks, 2 answers, in lock step. Kernel
 * 3 is the victim: it sends, allocates, shares pages and logs, while its tables are scribbled over. Each has a ledger,
 * a page of the host's memory.
 */
final class FuzzKernel implements KernelModule {
    static final int WITNESS = 1;
    static final int PARTNER = 2;
    static final int VICTIM = 3;
    static final int BYSTANDER = 4;

    static final int HEARTBEAT = 0;
    static final int ASKED = 8;
    static final int ANSWERED = 16;
    static final int MISMATCHES = 24;

    private static final int PING = 0x77;
    private static final int PONG = 0x78;
    private static final int NOISE = 0x79;
    private static final long BEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final int id;
    private final boolean queued;
    private final UnsafeBuffer ledger;
    private final UnsafeBuffer out = new UnsafeBuffer(new byte[8]);
    private Kernel kernel;
    private long asked;
    private final List<Long> pages = new ArrayList<>();

    private FuzzKernel(int id, boolean queued, UnsafeBuffer ledger) {
        this.id = id;
        this.queued = queued;
        this.ledger = ledger;
    }

    static Window ledger(MappedMachine mapped, int id) {
        return mapped.memory().map(mapped.memory().layout().hostAt() + (long) id * Pages.PAGE_SIZE, Pages.PAGE_SIZE);
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        MappedMachine mapped = MappedMachine.open(Path.of(args[0]));
        int id = Integer.parseInt(args[1]);
        KernelInstance kernel = new KernelInstance(mapped, id, BootParameters.parse(""),
            mapped.instances().entry(id).ipiArea());
        kernel.bringUpCpus();
        kernel.start(List.of(new FuzzKernel(id, mapped.memory().ipiMode() == IpiMode.QUEUED,
            ledger(mapped, id).buffer())));
        while (System.in.read() >= 0) {
            continue;
        }
        OsProcess.exitNow(0);
    }

    @Override
    public void init(Kernel given) {
        kernel = given;
        kernel.registerHandler((data, context) -> answer(data.senderCpu(), data.buffer().getLong(0)), null, PING);
        kernel.registerHandler((data, context) -> take(data.senderCpu(), data.buffer().getLong(0)), null, PONG);
        kernel.registerHandler((data, context) -> kernel.receiveUnmapPage(kernel.receiveMapPage(data)), null,
            MkIpiDataDescriptor.PFN_IPI_TYPE);
        kernel.startTask("beat", this::beat);
        if (id == WITNESS) {
            kernel.startTask("ask", this::ask);
        }
    }

    private long beat() {
        ledger.putLongVolatile(HEARTBEAT, ledger.getLong(HEARTBEAT) + 1);
        if (id != VICTIM) {
            send(VICTIM, NOISE, 1);
        } else {
            send(BYSTANDER, NOISE, 1);
            long page = kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
            if (queued) {
                send(WITNESS, NOISE, 1);
                send(PARTNER, NOISE, 1);
                kernel.sendPfn(WITNESS, Pages.pfn(page));
            }
            pages.add(page);
            pages.removeIf(one -> kernel.instanceFree(one, Pages.PAGE_SIZE) != -Errno.EBUSY);
            kernel.printk("beat");
        }
        return BEAT_NANOS;
    }

    private long ask() {
        long answered = ledger.getLong(ANSWERED);
        if (asked == answered && asked < ledger.getLongVolatile(ASKED) && send(PARTNER, PING, asked) == 0) {
            asked++;
        }
        return BEAT_NANOS;
    }

    private void answer(int senderCpu, long number) {
        if (senderCpu == WITNESS) {
            int result = send(WITNESS, PONG, number);
            if (result != 0) {
                ledger.putLongVolatile(MISMATCHES, ledger.getLong(MISMATCHES) + 1);
                kernel.printk("answer " + number + ": " + Errno.name(result));
            }
        }
    }

    private void take(int senderCpu, long number) {
        if (senderCpu == PARTNER) {
            if (number != asked - 1) {
                ledger.putLongVolatile(MISMATCHES, ledger.getLong(MISMATCHES) + 1);
            }
            ledger.putLongVolatile(ANSWERED, number + 1);
        }
    }

    private int send(int to, int type, long number) {
        out.putLong(0, number);
        return kernel.sendIpiData(to, out, 0, Long.BYTES, type);
    }
}
