// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.boot.InstanceTable;
import io.mkemu.cpu.LocalApic;
import io.mkemu.ipi.IpiDispatcher;
import io.mkemu.ipi.IpiMode;
import io.mkemu.ipi.IpiReceiver;
import io.mkemu.ipi.IpiSender;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.Platform;
import io.mkemu.trace.TraceControl;
import io.mkemu.trace.TraceWriter;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * All that a kernel takes from the machine it runs on: memory, the platform, and what is made over them. The one place
 * where the kernel asks how these are made. Any thread.
 *
 * @param memory the machine's RAM
 */
record KernelMachine(PhysicalMemory memory) {
    /** Clock, random numbers, wake-ups and waits. */
    Platform platform() {
        return memory.platform();
    }

    InstanceTable instances() {
        return memory.instances();
    }

    PageTable pageTable() {
        return memory.pageTable();
    }

    /** Whether the mailbox is mkemu's own; else it is the RFC's, and so are the calls around it. */
    boolean isQueued() {
        return memory.ipiMode() == IpiMode.QUEUED;
    }

    LocalApic apic(int physicalCpu) {
        return LocalApic.of(memory, physicalCpu);
    }

    IpiReceiver receiver(UnsafeBuffer area, LocalApic apic, int logicalCpu, boolean polling,
        IpiDispatcher dispatcher) {
        return memory.mailbox().receiver(area, memory.layout(), apic, logicalCpu, polling, dispatcher);
    }

    IpiSender sender(LocalApic apic, TraceWriter trace, Consumer<String> anomalies) {
        return new IpiSender(memory, apic, trace, anomalies);
    }

    TraceWriter traceWriter(int physicalCpu) {
        return new TraceWriter(memory, physicalCpu);
    }

    TraceControl traceControl() {
        return new TraceControl(memory);
    }
}
