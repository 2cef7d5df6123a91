// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.Errno;
import io.mkemu.abi.Pages;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.memory.Window;
import io.mkemu.memory.Windows;
import io.mkemu.module.ForwardingKernel;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Task;
import io.mkemu.module.TaskHandle;
import java.util.concurrent.Callable;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The calls of a kernel as a module in C makes them: by linux/multikernel.h, on the CPU that the calling thread acts
 * as, or else on the boot CPU. The RFC's calls that return nothing are judged by what the kernel log says of them. What
 * no contract needs fails.
 */
final class PuppetKernel extends ForwardingKernel {
    private static final int SEND = 1;
    private static final int SEND_TO_CPU = 2;
    private static final int SEND_TIMEOUT = 3;
    private static final int REGISTER = 4;
    private static final int UNREGISTER = 5;
    private static final int SEND_PFN = 6;
    private static final int RECEIVE_PFN = 7;
    private static final int MAP_PAGE = 8;
    private static final int UNMAP_PAGE = 9;
    private static final int READ = 10;
    private static final int ALLOC = 11;
    private static final int FREE = 12;
    private static final int REMAP = 13;
    private static final int START = 14;
    private static final int INSTANCE_OF_CPU = 15;
    private static final int PHYSICAL_CPU = 16;
    private static final int NO_HANDLER = 0;
    private static final int NOBODYS_HANDLER = 4096;
    private static final int LOOKED_AT = 64;
    private static final long TYPE_MASK = 0xffff_ffffL;

    private record Handler(int number, int type) implements IpiHandler { }

    private final Puppet puppet;

    PuppetKernel(Puppet puppet) {
        super(null);
        this.puppet = puppet;
    }

    private PuppetCpu cpu() {
        return PuppetCpu.current();
    }

    private <T> T on(Callable<T> call) {
        try {
            return cpu() != null && cpu().puppet() == puppet ? call.call() : puppet.on(call);
        } catch (Exception fault) {
            throw new IllegalStateException(fault);
        }
    }

    private long lines(String text) {
        return puppet.machine().log(puppet.id()).stream().filter(line -> line.contains(text)).count();
    }

    @Override
    public int instanceId() {
        return puppet.id();
    }

    @Override
    public int smpProcessorId() {
        return cpu().logical();
    }

    @Override
    public int physicalCpuId() {
        return on(() -> (int) cpu().call(PHYSICAL_CPU));
    }

    @Override
    public int instanceOfCpu(int senderCpu) {
        return on(() -> (int) cpu().call(INSTANCE_OF_CPU, senderCpu));
    }

    @Override
    public int sendIpiData(int instanceId, DirectBuffer data, int offset, int size, int type) {
        return sendIpiDataLongType(instanceId, data, offset, size, type & TYPE_MASK);
    }

    @Override
    public int sendIpiData(int instanceId, byte[] data, int type) {
        return sendIpiData(instanceId, new UnsafeBuffer(data), 0, data.length, type);
    }

    @Override
    public int sendIpiDataToCpu(int instanceId, int physicalCpu, DirectBuffer data, int offset, int size, int type) {
        return on(() -> (int) cpu().call(SEND_TO_CPU, data, offset, size, instanceId, size, type & TYPE_MASK,
            physicalCpu));
    }

    @Override
    public int sendIpiDataLongType(int instanceId, DirectBuffer data, int offset, int size, long type) {
        return on(() -> (int) cpu().call(SEND, data, offset, size, instanceId, size, type));
    }

    @Override
    public int sendIpiDataTimeout(int instanceId, DirectBuffer data, int offset, int size, int type,
        long timeoutNanos) {
        return on(() -> (int) cpu().call(SEND_TIMEOUT, data, offset, size, instanceId, size, type & TYPE_MASK,
            timeoutNanos));
    }

    @Override
    public IpiHandler registerHandler(IpiCallback callback, Object context, int type) {
        Handler handler = new Handler(puppet.add(callback, context), type);
        return on(() -> cpu().call(REGISTER, handler.number, type & TYPE_MASK, callback == null ? 0 : 1)) == 1
            ? handler : null;
    }

    @Override
    public int unregisterHandler(IpiHandler handler) {
        int number = handler == null ? NO_HANDLER : handler instanceof Handler mine ? mine.number : NOBODYS_HANDLER;
        return on(() -> {
            String refused = "CPU: " + cpu().logical() + ": multikernel_unregister_handler ";
            String deadlock = refused + "from a callback that it would wait for";
            long refusals = lines(refused);
            long deadlocks = lines(deadlock);
            cpu().call(UNREGISTER, number);
            return lines(deadlock) > deadlocks ? -Errno.EDEADLK : lines(refused) > refusals ? -Errno.ENOENT : 0;
        });
    }

    @Override
    public int sendPfn(int instanceId, long pfn) {
        return on(() -> (int) cpu().call(SEND_PFN, instanceId, pfn));
    }

    @Override
    public long receivePfn(MkIpiData data) {
        return on(() -> {
            long result = cpu().call(RECEIVE_PFN, data == null ? 0 : 1);
            return result == 0 ? cpu().value() : result;
        });
    }

    /** A window of the test's on the frame that the message names, which C sees with the same bytes. */
    @Override
    public Window receiveMapPage(MkIpiData data) {
        long page = on(() -> cpu().call(MAP_PAGE, data == null ? 0 : 1));
        if (page == 0) {
            return null;
        }
        long address = Pages.address(data.buffer().getLong(0));
        Window own = puppet.machine().memory().map(address, Pages.PAGE_SIZE);
        on(() -> cpu().call(READ, page));
        for (int word = 0; word < LOOKED_AT; word++) {
            if (cpu().word(word) != own.buffer().getLong(word * Long.BYTES)) {
                throw new AssertionError("C has mapped another page than 0x" + Long.toHexString(address));
            }
        }
        return Windows.onto(own, () -> on(() -> cpu().call(UNMAP_PAGE, page)));
    }

    @Override
    public void receiveUnmapPage(Window page) {
        if (page == null) {
            on(() -> cpu().call(UNMAP_PAGE, 0));
        } else {
            page.close();
        }
    }

    @Override
    public long instanceAlloc(long size, long align) {
        return on(() -> cpu().call(ALLOC, size, align));
    }

    /** C is told no reason: what is refused is -ENOENT here. */
    @Override
    public int instanceFree(long address, long size) {
        return on(() -> {
            long before = lines("multikernel_instance_free of what is not so allocated");
            cpu().call(FREE, address, size);
            return lines("multikernel_instance_free of what is not so allocated") > before ? -Errno.ENOENT : 0;
        });
    }

    @Override
    public Window memremap(long address, long size) {
        if (on(() -> cpu().call(REMAP, address, size)) == 0) {
            throw new AssertionError("memremap of 0x" + Long.toHexString(address));
        }
        return puppet.machine().memory().map(address, size);
    }

    @Override
    public TaskHandle startTask(String name, Task task) {
        if (on(() -> cpu().call(START, puppet.add(task))) != 0) {
            throw new AssertionError("no kthread for task " + name);
        }
        return () -> {
            throw new UnsupportedOperationException("a module in C wakes its kthread itself");
        };
    }

    @Override
    public void runOnCpu(int logicalCpu, Runnable work) {
        puppet.submit(logicalCpu, work);
    }
}
