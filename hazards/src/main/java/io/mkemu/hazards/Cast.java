// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import io.mkemu.abi.IpiMode;
import io.mkemu.ipi.SendProbe;
import io.mkemu.tree.HostSpec;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.MachineSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/** Who plays in {@code mk hazards}: the machine and its instances. No instance has the id of its CPU. */
final class Cast {
    /** Receives. */
    static final int RECEIVER = 1;
    /** Sends. */
    static final int SENDER = 2;
    /** Stops in its first send, before the payload. */
    static final int STOPS_BEFORE_PAYLOAD = 3;
    /** Stops in its first send, between size and type. */
    static final int STOPS_AFTER_SIZE = 4;
    /** Stops in the same place, for another hazard. */
    static final int STOPS_TOO = 5;
    /** Loses its IPI area during a send. */
    static final int VICTIM = 6;
    /** The physical id of its CPU is not the CPU's number. */
    static final int MAPPED = 7;
    /** Has two CPUs. */
    static final int TWO_CPUS = 8;
    /** Hangs in the end, with the RFC's mailbox. */
    static final int HANGS = 9;
    /** Is loaded and never booted. */
    static final int UNBOOTED = 10;
    /** Its CPU has a number that a kernel built for fewer CPUs knows nothing of. */
    static final int HIGH_CPU = 11;

    /** The CPU of the sender, and the id of another instance. */
    static final int SENDERS_CPU = 3;

    private static final int MAPPED_CPU = 8;
    private static final int MAPPED_APIC_ID = 17;
    private static final int SLOTS = 16;
    private static final long MEMORY = 2L << 20;
    private static final String IDLE = "idle=halt";

    private Cast() {
    }

    /**
     * The machine's tree.
     *
     * @param jar path of the module that all its kernels load
     */
    static MachineSpec tree(IpiMode mode, String jar) {
        List<InstanceSpec> instances = List.of(
            instance(jar, RECEIVER, "receiver", IDLE, 2),
            instance(jar, SENDER, "sender", IDLE, SENDERS_CPU),
            instance(jar, STOPS_BEFORE_PAYLOAD, "stops-before-payload", stopping(SendProbe.Step.TYPE), 4),
            instance(jar, STOPS_AFTER_SIZE, "stops-after-size", stopping(SendProbe.Step.SIZE), 5),
            instance(jar, STOPS_TOO, "stops-too", stopping(SendProbe.Step.SIZE), 6),
            instance(jar, VICTIM, "victim", IDLE, 7),
            instance(jar, MAPPED, "mapped", IDLE, MAPPED_CPU),
            instance(jar, TWO_CPUS, "two-cpus", IDLE, 10, 11),
            instance(jar, HANGS, "hangs", IDLE, 12),
            instance(jar, UNBOOTED, "unbooted", IDLE, 13),
            instance(jar, HIGH_CPU, "high-cpu", IDLE, 20));
        List<Integer> cpus = new ArrayList<>(List.of(0));
        instances.forEach(instance -> cpus.addAll(instance.cpus()));
        List<Integer> apicIds = cpus.stream().map(cpu -> cpu == MAPPED_CPU ? MAPPED_APIC_ID : cpu).toList();
        return MachineSpec.of(cpus, MEMORY * instances.size(), new HostSpec(IDLE, List.of(jar)),
            instances, OptionalInt.of(SLOTS), mode).withApicIds(apicIds);
    }

    private static String stopping(SendProbe.Step step) {
        return IDLE + " " + SendProbe.PARAMETER + "=" + step.name().toLowerCase(Locale.ROOT) + ":1";
    }

    private static InstanceSpec instance(String jar, int id, String name, String bootargs, Integer... cpus) {
        return new InstanceSpec(id, name, List.of(cpus), MEMORY, bootargs, List.of(jar));
    }
}
