// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards.module;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.memory.Window;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import java.net.URISyntaxException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Plays the parts that {@code mk hazards} gives to kernels: sends, listens, holds still, as it is ordered.
 *
 * <p>Parameter {@code hazard.page}: physical address, in this instance's own memory, of the page over which orders come
 * and records go. All on the boot CPU, callbacks also on others.
 */
public final class HazardModule implements KernelModule {
    /** Its name, with which its parameter begins. */
    public static final String NAME = "hazard";
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final HazardMessage outgoing = new HazardMessage();
    private final UnsafeBuffer pfn = new UnsafeBuffer(new byte[MkIpiDataDescriptor.PFN_SIZE]);
    private final List<IpiHandler> handlers = new ArrayList<>();
    private Kernel kernel;
    private Window window;
    private HazardPage page;

    /** Path of the jar that this class comes from: what a device tree names. */
    public static String jar() {
        try {
            return Path.of(HazardModule.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
        } catch (URISyntaxException wrong) {
            throw new IllegalStateException("the place of module " + NAME + " is no path", wrong);
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void init(Kernel kernel) {
        long address = kernel.parameter("page", 0);
        if (address == 0) {
            throw new IllegalArgumentException(
                "hazard.page= is missing: mk hazards gives it; by itself this module has nothing to do");
        }
        this.kernel = kernel;
        window = kernel.memremap(address, HazardPage.LENGTH);
        page = new HazardPage(window.buffer());
        kernel.startTask("orders", this::step);
    }

    private long step() {
        if (page.hasOrder()) {
            HazardOrder order = page.order();
            if (order == null) {
                throw new IllegalStateException("the order in the page is none");
            }
            obey(order);
        }
        return LOOK_NANOS;
    }

    private void obey(HazardOrder order) {
        switch (order) {
            case PING -> page.done();
            case LISTEN -> listen();
            case UNLISTEN -> {
                handlers.forEach(kernel::unregisterHandler);
                handlers.clear();
                page.done();
            }
            case SEND -> send();
            case SEND_PFN -> {
                pfn.putLong(0, page.argument(1), ByteOrder.LITTLE_ENDIAN);
                int result = kernel.sendIpiData((int) page.argument(0), pfn, 0, MkIpiDataDescriptor.PFN_SIZE,
                    MkIpiDataDescriptor.PFN_IPI_TYPE);
                page.done(result == 0 ? 1 : 0, result == 0 ? 0 : 1, result);
            }
            case HOLD -> {
                page.awaitGate();
                page.done();
            }
        }
    }

    private void listen() {
        HazardCallback callback =
            new HazardCallback(kernel, page, HazardOrder.Behaviour.of(page.argument(0)), (int) page.argument(2));
        IpiHandler handler = kernel.registerHandler(callback, null, (int) page.argument(1));
        callback.registeredAs(handler);
        handlers.add(handler);
        page.done();
    }

    private void send() {
        int target = (int) page.argument(0);
        int cpu = (int) page.argument(1);
        long type = page.argument(2);
        int size = (int) page.argument(3);
        long count = page.argument(4);
        long sent = 0;
        long refused = 0;
        int error = 0;
        for (long number = 0; number < count; number++) {
            UnsafeBuffer data = outgoing.compose(page.argument(5) + number, type, kernel.physicalCpuId(), size);
            int result = cpu >= 0 ? kernel.sendIpiDataToCpu(target, cpu, data, 0, size, (int) type)
                : kernel.sendIpiDataLongType(target, data, 0, size, type);
            if (result == 0) {
                sent++;
            } else {
                refused++;
                error = result;
            }
        }
        page.done(sent, refused, error);
    }

    @Override
    public void exit() {
        window.close();
    }
}
