// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.Errno;
import io.mkemu.abi.KernelCall;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.console.Console;
import io.mkemu.console.ConsoleHandler;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.Window;
import io.mkemu.module.Instance;
import io.mkemu.module.InstanceListener;
import io.mkemu.module.InstanceWatch;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.LentCpu;
import io.mkemu.module.MemoryListener;
import io.mkemu.module.PageRange;
import io.mkemu.module.ResourceWatch;
import io.mkemu.module.Task;
import io.mkemu.module.TaskHandle;
import io.mkemu.module.Timer;
import io.mkemu.record.InstanceList;
import io.mkemu.trace.TraceRecord;
import java.io.ByteArrayOutputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The kernel as a replayed module sees it: what it answers is what it answered then. What a module publishes for checks
 * ({@link #observe}, {@link #operation}) goes nowhere, as on a real machine.
 */
final class ReplayKernel implements Kernel {
    private final ReplayMachine machine;
    private final KernelModule module;
    private final String name;
    private final Map<String, String> parameters;

    ReplayKernel(ReplayMachine machine, KernelModule module) {
        this.machine = machine;
        this.module = module;
        this.name = module.name();
        this.parameters = machine.parameters().forModule(name);
    }

    KernelModule module() {
        return module;
    }

    String name() {
        return name;
    }

    private ReplayCpu cpu() {
        ReplayCpu mine = ReplayCpu.current();
        if (mine != null) {
            return mine;
        }
        machine.foreignThread(name);
        throw new IllegalStateException("module " + name + " called its kernel from thread \""
            + Thread.currentThread().getName() + "\", which is none of its CPUs; a replay cannot answer that");
    }

    private ReplayAnswers answers() {
        return cpu().answers();
    }

    @Override
    public long nanoTime() {
        return answers().answer(KernelCall.NANO_TIME, "nanoTime()").id();
    }

    @Override
    public long randomLong() {
        return answers().answer(KernelCall.RANDOM_LONG, "randomLong()").id();
    }

    @Override
    public boolean isActive(int instanceId) {
        return answers().answer(KernelCall.IS_ACTIVE, instanceId, ReplayText.isActive(instanceId)).id() != 0;
    }

    @Override
    public long life(int instanceId) {
        return answers().answer(KernelCall.LIFE, instanceId, ReplayText.life(instanceId)).id();
    }

    @Override
    public int instanceOfCpu(int senderCpu) {
        return (int) answers().answer(KernelCall.INSTANCE_OF_CPU, senderCpu, ReplayText.instanceOfCpu(senderCpu)).id();
    }

    @Override
    public List<Instance> instances() {
        return list(answers().answer(KernelCall.INSTANCES, "instances()"));
    }

    @Override
    public Instance findInstance(int instanceId) {
        List<Instance> found = list(answers().answer(KernelCall.FIND_INSTANCE, instanceId,
            ReplayText.findInstance(instanceId)));
        return found.isEmpty() ? null : found.getFirst();
    }

    private static List<Instance> list(TraceRecord answer) {
        return InstanceList.decode(new UnsafeBuffer(answer.payload()));
    }

    @Override
    public int sendIpiData(int instanceId, DirectBuffer data, int offset, int size, int type) {
        return answers().send(instanceId, type, data, offset, size);
    }

    @Override
    public int sendIpiData(int instanceId, byte[] data, int type) {
        return answers().send(instanceId, type, new UnsafeBuffer(data), 0, data.length);
    }

    @Override
    public int sendIpiDataToCpu(int instanceId, int physicalCpu, DirectBuffer data, int offset, int size, int type) {
        String now = ReplayText.sendToCpu(instanceId, physicalCpu);
        TraceRecord next = answers().peek();
        if (next != null && next.event() == TraceEvent.CALL && next.arg1() != physicalCpu) {
            throw machine.differs(ReplayText.record(next, -1), now);
        }
        answers().answer(KernelCall.SEND_TO_CPU, instanceId, now);
        return answers().send(instanceId, type, data, offset, size);
    }

    @Override
    public int sendIpiDataLongType(int instanceId, DirectBuffer data, int offset, int size, long type) {
        answers().answer(KernelCall.SEND_LONG_TYPE, type, instanceId, ReplayText.sendLongType(instanceId, type));
        return answers().send(instanceId, (int) type, data, offset, size);
    }

    @Override
    public int sendIpiDataTimeout(int instanceId, DirectBuffer data, int offset, int size, int type, long nanos) {
        return answers().send(instanceId, type, data, offset, size);
    }

    @Override
    public int sendPfn(int instanceId, long pfn) {
        ReplayAnswers answers = answers();
        TraceRecord next = answers.peek();
        if (next != null && next.event() != TraceEvent.CALL && next.type() == MkIpiDataDescriptor.PFN_IPI_TYPE) {
            UnsafeBuffer payload = new UnsafeBuffer(new byte[MkIpiDataDescriptor.PFN_SIZE]);
            payload.putLong(0, pfn, ByteOrder.LITTLE_ENDIAN);
            answers.send(instanceId, MkIpiDataDescriptor.PFN_IPI_TYPE, payload, 0, MkIpiDataDescriptor.PFN_SIZE);
        }
        return -answers.answer(KernelCall.SEND_PFN, pfn, instanceId, ReplayText.sendPfn(instanceId, pfn)).arg1();
    }

    @Override
    public int revokePfn(int instanceId, long pfn) {
        return -answers().answer(KernelCall.REVOKE_PFN, pfn, instanceId, ReplayText.revokePfn(instanceId, pfn)).arg1();
    }

    @Override
    public long receivePfn(MkIpiData data) {
        if (data == null || data.type() != MkIpiDataDescriptor.PFN_IPI_TYPE
            || data.dataSize() != MkIpiDataDescriptor.PFN_SIZE) {
            return -Errno.EINVAL;
        }
        return data.buffer().getLong(0, ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public Window receiveMapPage(MkIpiData data) {
        long pfn = receivePfn(data);
        String now = ReplayText.receiveMapPage(pfn);
        TraceRecord next = answers().peek();
        if (next != null && next.event() == TraceEvent.CALL && next.id() != pfn) {
            throw machine.differs(ReplayText.record(next, -1), now);
        }
        TraceRecord answer = answers().answer(KernelCall.RECEIVE_MAP_PAGE, now);
        return answer.has(TraceRecordDescriptor.PAYLOAD) ? machine.memory().page(pfn, answer.payload()) : null;
    }

    @Override
    public int sendPages(int instanceId, long pfn, long pages, long tag) {
        PageRange range = new PageRange(pfn, pages, tag);
        ReplayAnswers answers = answers();
        TraceRecord next = answers.peek();
        if (next != null && next.event() != TraceEvent.CALL && next.type() == MkIpiDataDescriptor.PAGES_IPI_TYPE) {
            UnsafeBuffer payload = new UnsafeBuffer(new byte[MkIpiDataDescriptor.PAGES_SIZE]);
            range.encode(payload);
            answers.send(instanceId, MkIpiDataDescriptor.PAGES_IPI_TYPE, payload, 0, MkIpiDataDescriptor.PAGES_SIZE);
        }
        return range(KernelCall.SEND_PAGES, instanceId, range, ReplayText.sendPages(instanceId, range));
    }

    @Override
    public int revokePages(int instanceId, long pfn, long pages) {
        PageRange range = new PageRange(pfn, pages, 0);
        return range(KernelCall.REVOKE_PAGES, instanceId, range, ReplayText.revokePages(instanceId, range));
    }

    /** The answer to a call about a range: it must be the same one. */
    private int range(KernelCall call, int instanceId, PageRange range, String now) {
        TraceRecord next = answers().peek();
        if (next != null && next.event() == TraceEvent.CALL && KernelCall.of(next.type()) == call
            && !PageRange.decode(new UnsafeBuffer(next.payload())).equals(range)) {
            throw machine.differs(ReplayText.record(next, -1), now);
        }
        return -answers().answer(call, range.pfn(), instanceId, now).arg1();
    }

    @Override
    public Window receiveMapPages(MkIpiData data) {
        PageRange range = receivePages(data);
        long pfn = range == null ? -Errno.EINVAL : range.pfn();
        int pages = range == null ? 0 : Math.clamp(range.pages(), 0, Integer.MAX_VALUE);
        boolean isMapped = answers().answer(KernelCall.RECEIVE_MAP_PAGES, pfn, pages,
            ReplayText.receiveMapPages(pfn, pages)).arg1() == 1;
        return isMapped ? cpu().changed(machine.memory().range(pfn, pages)) : null;
    }

    @Override
    public long allocPages(long pages) {
        int count = Math.clamp(pages, 0, Integer.MAX_VALUE);
        long pfn = answers().answer(KernelCall.ALLOC_PAGES, count, ReplayText.allocPages(count)).id();
        if (pfn > 0) {
            machine.memory().allocated(Pages.address(pfn), Pages.address(pages));
        }
        return pfn;
    }

    @Override
    public void receiveUnmapPage(Window page) {
        if (page != null) {
            page.close();
        }
    }

    @Override
    public long instanceAlloc(long size, long align) {
        int pages = Pages.count(size);
        int shift = Long.numberOfTrailingZeros(align);
        String now = ReplayText.instanceAlloc(pages, shift);
        TraceRecord next = answers().peek();
        if (next != null && next.event() == TraceEvent.CALL && next.arg1() != shift) {
            throw machine.differs(ReplayText.record(next, -1), now);
        }
        long address = answers().answer(KernelCall.INSTANCE_ALLOC, pages, now).id();
        if (address != 0) {
            machine.memory().allocated(address, size);
        }
        return address;
    }

    @Override
    public int instanceFree(long address, long size) {
        int pages = Pages.count(size);
        int result = -answers().answer(KernelCall.INSTANCE_FREE, address, pages,
            ReplayText.instanceFree(address, pages)).arg1();
        if (result == 0) {
            machine.memory().freed(address);
        }
        return result;
    }

    @Override
    public Window memremap(long address, long size) {
        return machine.memory().map(address, size);
    }

    @Override
    public IpiHandler registerHandler(IpiCallback callback, Object context, int type) {
        cpu();
        return callback == null ? null : machine.handlers().register(callback, context, type, this);
    }

    @Override
    public int nameType(int type, String typeName) {
        return machine.typeNames().name(type, typeName);
    }

    @Override
    public int unregisterHandler(IpiHandler handler) {
        if (handler == null) {
            return 0;
        }
        if (!(handler instanceof ReplayHandlers.Handler ours)) {
            return -Errno.ENOENT;
        }
        int result = -answers().answer(KernelCall.UNREGISTER_HANDLER, ours.number(), ours.type(),
            ReplayText.unregister(ours.type(), ours.number())).arg1();
        if (result == 0) {
            machine.handlers().unregister(ours);
        }
        return result;
    }

    @Override
    public TaskHandle startTask(String taskName, Task task) {
        cpu().startTask(this, taskName, task);
        /* It is stepped when it was stepped then. */
        return () -> { };
    }

    @Override
    public TaskHandle startDaemonTask(String taskName, Task task) {
        return startTask(taskName, task);
    }

    @Override
    public InstanceWatch onInstanceChange(InstanceListener listener) {
        return cpu().watch(this, listener);
    }

    @Override
    public ResourceWatch onMemory(MemoryListener listener) {
        return cpu().watchMemory(this, listener);
    }

    @Override
    public Timer after(long nanos, Runnable what) {
        return cpu().startTimer(this, what, false);
    }

    @Override
    public Timer every(long nanos, Runnable what) {
        return cpu().startTimer(this, what, true);
    }

    @Override
    public LentCpu lendCpu(int logicalCpu) {
        return machine.cpu(logicalCpu)::lent;
    }

    @Override
    public void delay(long nanos) {
        /* The time that has passed is that of the recording. */
        cpu();
    }

    @Override
    public void panic(String reason) {
        machine.log(LogLevel.EMERG, name + ": panic: " + reason);
        /* The step in which a kernel has ended is in no recording. */
        throw machine.differs("it goes on", "the kernel panics: " + reason);
    }

    @Override
    public void runOnCpu(int logicalCpu, Runnable work) {
        cpu().give(machine.cpu(logicalCpu), work);
    }

    @Override
    public int instanceId() {
        return machine.header().instanceId();
    }

    @Override
    public String instanceName() {
        return machine.header().name();
    }

    @Override
    public int smpProcessorId() {
        return cpu().logicalCpu();
    }

    @Override
    public int physicalCpuId() {
        return machine.header().cpus().get(cpu().logicalCpu());
    }

    @Override
    public void printk(LogLevel level, String text) {
        machine.log(level, module.logPrefix() + text);
    }

    @Override
    public void printkRatelimited(LogLevel level, String text) {
        printk(level, text);
    }

    @Override
    public String bootParameter(String parameter) {
        return machine.parameters().get(parameter);
    }

    @Override
    public String parameter(String parameter) {
        return parameters.get(parameter.replace('-', '_'));
    }

    @Override
    public Console openConsole(ConsoleHandler handler) {
        ReplayCpu cpu = cpu();
        boolean opened = answers().answer(KernelCall.OPEN_CONSOLE, "openConsole()").id() != 0;
        ReplayConsole console = new ReplayConsole(this, handler, this::answers, machine::differs);
        cpu.console(console);
        return opened ? console : null;
    }

    @Override
    public String proc(String file) {
        String now = ReplayText.proc(file);
        TraceRecord next = answers().peek();
        if (next != null && next.event() == TraceEvent.CALL && KernelCall.of(next.type()) == KernelCall.PROC
            && !next.text().equals(file)) {
            throw machine.differs(ReplayText.record(next, -1), now);
        }
        int length = (int) answers().answer(KernelCall.PROC, 0, now).id();
        if (length < 0) {
            return null;
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream(length);
        for (int piece = 1; text.size() < length; piece++) {
            text.writeBytes(answers().answer(KernelCall.PROC, piece, now).payload());
        }
        return text.toString(StandardCharsets.UTF_8);
    }

    @Override
    public int readMemory(long address, MutableDirectBuffer to, int index, int length) {
        TraceRecord answer = answers().answer(KernelCall.READ_MEMORY, address, length,
            ReplayText.readMemory(address, length));
        if (answer.arg1() == 0) {
            byte[] bytes = answer.payload();
            to.putBytes(index, bytes, 0, Math.min(length, bytes.length));
        }
        return -answer.arg1();
    }
}
