// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.Pages;
import io.mkemu.cpu.LocalApic;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.Task;
import io.mkemu.table.InstanceEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/** A kernel whose module is in C, instance/src/test/c/puppet.c, and does what a test says. */
final class Puppet extends Subject {
    private static final Pattern PAGE = Pattern.compile("puppet: CPU \\d+ at 0x([0-9a-f]+)");

    private record Registered(IpiCallback callback, Object context) { }

    private final TestKernels machine;
    private final InstanceEntry entry;
    private final List<PuppetCpu> cpus = new ArrayList<>();
    private final Map<Integer, Registered> handlers = new ConcurrentHashMap<>();
    private final Map<Integer, Task> tasks = new ConcurrentHashMap<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private final List<Throwable> faults = new CopyOnWriteArrayList<>();

    /** One that is active. */
    Puppet(TestKernels machine, int id) {
        this.machine = machine;
        entry = machine.mapped().instances().entry(id);
        api = new PuppetKernel(this);
        for (String line : machine.log(id)) {
            var match = PAGE.matcher(line);
            if (match.find()) {
                cpus.add(new PuppetCpu(this, cpus.size(),
                    machine.memory().map(Long.parseLong(match.group(1), 16), Pages.PAGE_SIZE)));
            }
        }
        if (cpus.size() != entry.cpus().length) {
            throw new AssertionError("puppet " + id + " does not come up: " + machine.log(id));
        }
    }

    TestKernels machine() {
        return machine;
    }

    int id() {
        return entry.id();
    }

    @Override
    void submit(int logicalCpu, Runnable work) {
        cpus.get(logicalCpu).submit(work);
    }

    /* Between two times that its kthread calls, the CPU takes what is pending; the first may have been on its way. */
    @Override
    void settle(int logicalCpu) throws Exception {
        for (int turn = 0; turn < 3; turn++) {
            on(logicalCpu, () -> null);
        }
    }

    @Override
    boolean waits(int logicalCpu, Thread thread) {
        return cpus.get(logicalCpu).isCalling();
    }

    @Override
    LocalApic apic(int logicalCpu) {
        return machine.mapped().apic(entry.cpus()[logicalCpu]);
    }

    @Override
    public void shutDown() throws Exception {
        machine.shutDown(entry.id());
        for (PuppetCpu cpu : cpus) {
            cpu.close();
        }
        cpus.clear();
        if (!faults.isEmpty()) {
            throw new AssertionError("what the test ran in instance " + entry.id() + " failed", faults.getFirst());
        }
    }

    /* ---- what its CPUs do ---- */

    /** Something that the test ran as one of its CPUs threw this. */
    void failed(Throwable fault) {
        faults.add(fault);
    }

    void handle(int number, MkIpiData data) {
        Registered registered = handlers.get(number);
        registered.callback.handle(data, registered.context);
    }

    long step(int number) throws Exception {
        return tasks.get(number).step();
    }

    int add(IpiCallback callback, Object context) {
        int number = numbers.incrementAndGet();
        handlers.put(number, new Registered(callback, context));
        return number;
    }

    int add(Task task) {
        int number = numbers.incrementAndGet();
        tasks.put(number, task);
        return number;
    }
}
