// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.ipi.IpiBacklog;
import io.mkemu.machine.MappedMachine;
import io.mkemu.os.Load;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * When a run whose tasks have ended is over: all that was sent to kernels that live is delivered and its callbacks have
 * returned, and what those sent too. That need not ever be so: callbacks may answer each other for ever, or one may
 * hang. So it also ends when it has waited long and as much as could have been there has been delivered since, or
 * nothing at all was; but what a debugger holds up is waited for. One thread.
 */
public final class Settling {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** A kernel that counts what it takes out does so at once; a program in C need not count. */
    private static final long COUNT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Host host;
    private final MappedMachine mapped;
    private final long began;
    private long progressed;
    private long received = -1;
    private long enough;
    private SortedMap<String, Integer> pending = new TreeMap<>();

    /** The tasks have ended. */
    public Settling(Host host, long now) {
        this.host = host;
        this.mapped = host.machine().mapped();
        this.began = now;
    }

    /** Looks; whether there is nothing to wait for any more. */
    public boolean isOver(long now) {
        return host.atOnce(() -> look(now));
    }

    private boolean look(long now) {
        List<Integer> alive = new ArrayList<>(List.of(0));
        host.instances().stream().filter(instance -> instance.state() == InstanceState.ACTIVE)
            .forEach(instance -> alive.add(instance.spec().id()));
        SortedMap<String, Integer> lanes = new TreeMap<>();
        long sent = sent(alive);
        long taken = 0;
        boolean counted = true;
        for (int id : alive) {
            if (mapped.instances().entry(id).ipiArea() == 0) {
                continue;
            }
            IpiBacklog backlog = IpiBacklog.of(mapped.interconnect(), mapped.instances().entry(id));
            taken += backlog.received();
            counted &= backlog.counted();
            if (backlog.lanes() > 0) {
                lanes.put(mapped.instances().entry(id).name(), backlog.lanes());
            }
        }
        /* What a callback sends it has counted before its own message is consumed. */
        boolean quiet = lanes.isEmpty() && sent(alive) == sent;
        pending = lanes;
        if (received < 0) {
            enough = taken + lanes.values().stream().mapToLong(Integer::longValue).sum() * mapped.layout().ipiSlots();
        }
        if (taken != received || !lanes.isEmpty() && isDebugged()) {
            received = taken;
            progressed = now;
        }
        return quiet && (counted || now - progressed > COUNT_NANOS)
            || now - began > PATIENCE_NANOS && (taken >= enough || now - progressed > PATIENCE_NANOS);
    }

    private boolean isDebugged() {
        return host.instances().stream().map(HostedInstance::life).anyMatch(life -> life != null && life.isDebugged());
    }

    private long sent(List<Integer> alive) {
        long sum = 0;
        for (int id : alive) {
            for (int cpu : mapped.instances().entry(id).cpus()) {
                sum += mapped.apic(cpu).counter(Counter.SENT);
            }
        }
        return sum;
    }

    /** What was still to be delivered at the last look, in a line, or null. */
    public String pending() {
        return pending.isEmpty() ? null : "the tasks have ended, but not all messages are delivered: some wait in "
            + String.join(", ", pending.entrySet().stream().map(kernel -> kernel.getValue() + (kernel.getValue() == 1
            ? " lane" : " lanes") + " to " + kernel.getKey()).toList())
            + "; their callbacks go on sending, or one does not return (" + Load.now() + ")";
    }
}
