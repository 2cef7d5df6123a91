// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

import io.mkemu.console.Console;
import io.mkemu.console.ConsoleHandler;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.Window;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Passes each call on to another kernel: for what stands between a kernel and a module, which overrides the calls that
 * it has something to do with.
 */
public abstract class ForwardingKernel implements Kernel {
    private final Kernel kernel;

    /** Passes calls on to this one. */
    protected ForwardingKernel(Kernel kernel) {
        this.kernel = kernel;
    }

    @Override
    public int instanceId() {
        return kernel.instanceId();
    }

    @Override
    public String instanceName() {
        return kernel.instanceName();
    }

    @Override
    public int smpProcessorId() {
        return kernel.smpProcessorId();
    }

    @Override
    public int physicalCpuId() {
        return kernel.physicalCpuId();
    }

    @Override
    public List<Instance> instances() {
        return kernel.instances();
    }

    @Override
    public Instance findInstance(int instanceId) {
        return kernel.findInstance(instanceId);
    }

    @Override
    public boolean isActive(int instanceId) {
        return kernel.isActive(instanceId);
    }

    @Override
    public long life(int instanceId) {
        return kernel.life(instanceId);
    }

    @Override
    public InstanceWatch onInstanceChange(InstanceListener listener) {
        return kernel.onInstanceChange(listener);
    }

    @Override
    public ResourceWatch onCpu(CpuListener listener) {
        return kernel.onCpu(listener);
    }

    @Override
    public ResourceWatch onMemory(MemoryListener listener) {
        return kernel.onMemory(listener);
    }

    @Override
    public int instanceOfCpu(int senderCpu) {
        return kernel.instanceOfCpu(senderCpu);
    }

    @Override
    public int sendIpiData(int instanceId, DirectBuffer data, int offset, int size, int type) {
        return kernel.sendIpiData(instanceId, data, offset, size, type);
    }

    @Override
    public int sendIpiData(int instanceId, byte[] data, int type) {
        return kernel.sendIpiData(instanceId, data, type);
    }

    @Override
    public int sendIpiDataToCpu(int instanceId, int physicalCpu, DirectBuffer data, int offset, int size, int type) {
        return kernel.sendIpiDataToCpu(instanceId, physicalCpu, data, offset, size, type);
    }

    @Override
    public int sendIpiDataLongType(int instanceId, DirectBuffer data, int offset, int size, long type) {
        return kernel.sendIpiDataLongType(instanceId, data, offset, size, type);
    }

    @Override
    public int sendIpiDataTimeout(int instanceId, DirectBuffer data, int offset, int size, int type,
        long timeoutNanos) {
        return kernel.sendIpiDataTimeout(instanceId, data, offset, size, type, timeoutNanos);
    }

    @Override
    public IpiHandler registerHandler(IpiCallback callback, Object context, int type) {
        return kernel.registerHandler(callback, context, type);
    }

    @Override
    public int unregisterHandler(IpiHandler handler) {
        return kernel.unregisterHandler(handler);
    }

    @Override
    public int sendPfn(int instanceId, long pfn) {
        return kernel.sendPfn(instanceId, pfn);
    }

    @Override
    public int revokePfn(int instanceId, long pfn) {
        return kernel.revokePfn(instanceId, pfn);
    }

    @Override
    public long receivePfn(MkIpiData data) {
        return kernel.receivePfn(data);
    }

    @Override
    public Window receiveMapPage(MkIpiData data) {
        return kernel.receiveMapPage(data);
    }

    @Override
    public long allocPages(long pages) {
        return kernel.allocPages(pages);
    }

    @Override
    public int sendPages(int instanceId, long pfn, long pages, long tag) {
        return kernel.sendPages(instanceId, pfn, pages, tag);
    }

    @Override
    public int revokePages(int instanceId, long pfn, long pages) {
        return kernel.revokePages(instanceId, pfn, pages);
    }

    @Override
    public Window receiveMapPages(MkIpiData data) {
        return kernel.receiveMapPages(data);
    }

    @Override
    public void receiveUnmapPage(Window page) {
        kernel.receiveUnmapPage(page);
    }

    @Override
    public long instanceAlloc(long size, long align) {
        return kernel.instanceAlloc(size, align);
    }

    @Override
    public int instanceFree(long address, long size) {
        return kernel.instanceFree(address, size);
    }

    @Override
    public Window memremap(long address, long size) {
        return kernel.memremap(address, size);
    }

    @Override
    public void printk(LogLevel level, String text) {
        kernel.printk(level, text);
    }

    @Override
    public void printkRatelimited(LogLevel level, String text) {
        kernel.printkRatelimited(level, text);
    }

    @Override
    public int nameType(int type, String name) {
        return kernel.nameType(type, name);
    }

    @Override
    public String bootParameter(String name) {
        return kernel.bootParameter(name);
    }

    @Override
    public String parameter(String name) {
        return kernel.parameter(name);
    }

    @Override
    public TaskHandle startTask(String name, Task task) {
        return kernel.startTask(name, task);
    }

    @Override
    public TaskHandle startDaemonTask(String name, Task task) {
        return kernel.startDaemonTask(name, task);
    }

    @Override
    public Timer after(long nanos, Runnable what) {
        return kernel.after(nanos, what);
    }

    @Override
    public Timer every(long nanos, Runnable what) {
        return kernel.every(nanos, what);
    }

    @Override
    public LentCpu lendCpu(int logicalCpu) {
        return kernel.lendCpu(logicalCpu);
    }

    @Override
    public void delay(long nanos) {
        kernel.delay(nanos);
    }

    @Override
    public void panic(String reason) {
        kernel.panic(reason);
    }

    @Override
    public void runOnCpu(int logicalCpu, Runnable work) {
        kernel.runOnCpu(logicalCpu, work);
    }

    @Override
    public long nanoTime() {
        return kernel.nanoTime();
    }

    @Override
    public long randomLong() {
        return kernel.randomLong();
    }

    @Override
    public void observe(String name, long value) {
        kernel.observe(name, value);
    }

    @Override
    public Operation operation(String name) {
        return kernel.operation(name);
    }

    @Override
    public Console openConsole(ConsoleHandler handler) {
        return kernel.openConsole(handler);
    }

    @Override
    public String proc(String file) {
        return kernel.proc(file);
    }

    @Override
    public int readMemory(long address, MutableDirectBuffer to, int index, int length) {
        return kernel.readMemory(address, to, index, length);
    }
}
