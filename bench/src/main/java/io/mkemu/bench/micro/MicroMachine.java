// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.micro;

import io.mkemu.abi.InstanceState;
import io.mkemu.cpu.LocalApic;
import io.mkemu.host.Host;
import io.mkemu.ipi.IpiDispatcher;
import io.mkemu.ipi.IpiReceiver;
import io.mkemu.ipi.IpiSender;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.Window;
import io.mkemu.plan.MachinePlan;
import io.mkemu.table.InstanceEntry;
import io.mkemu.tree.MachineSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A machine of which no kernel runs: the calling thread is both CPU 1, which sends, and CPU 0, which receives. What it
 * measures has no cache line to wait for.
 */
final class MicroMachine implements IpiDispatcher, AutoCloseable {
    /** Messages that fit. */
    static final int SLOTS = 256;
    static final int SENDER_CPU = 1;
    private static final int RECEIVER = 0;
    private static final String TREE = """
        /dts-v1/;
        / { compatible = "multikernel-v1"; mkemu,ipi-slots = <256>;
          resources { cpus = <0 1>; memory-bytes = <0x1000000>; };
          instances { one { id = <1>; resources { cpus = <1>; memory-bytes = <0x1000000>; }; }; };
        };
        """;

    private final Path directory;
    private final Host host;
    private final IpiSender sender;
    private final Window area;
    private final IpiReceiver receiver;
    private final InstancePool pool;
    private long received;

    MicroMachine() throws IOException {
        directory = Files.createTempDirectory(Path.of("/dev/shm"), "mkemu-micro-");
        Runtime.getRuntime().addShutdownHook(new Thread(this::remove));
        host = Host.init(new MachineDirectory(directory.resolve("micro")),
            MachinePlan.of(MachineSpec.parse("micro.dts", TREE, Path.of("/"))));
        InstanceEntry target = mapped().instances().entry(RECEIVER);
        target.newLife(InstanceState.ACTIVE);
        LocalApic apic = mapped().apic(RECEIVER);
        sender = mapped().interconnect().sender(mapped().apic(SENDER_CPU));
        area = mapped().interconnect().mapArea(target, target.ipiArea());
        receiver = mapped().interconnect().receiver(area, apic, 0, true, this);
        receiver.announceRunning();
        pool = mapped().poolOf(mapped().instances().entry(1));
    }

    /** What Ctrl-C leaves: close is not called then. */
    private void remove() {
        for (Path path : List.of(directory.resolve("micro/ram"), directory.resolve("micro/host.lock"),
            directory.resolve("micro"), directory)) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException kept) {
                return;
            }
        }
    }

    MappedMachine mapped() {
        return host.machine().mapped();
    }

    IpiSender sender() {
        return sender;
    }

    InstancePool pool() {
        return pool;
    }

    /** Delivers what has come without a doorbell, as a CPU that polls does. */
    int poll() {
        receiver.takeHot();
        return deliver();
    }

    /** Delivers what was rung for: how the first message of a lane is found. */
    int interrupt() {
        mapped().apic(RECEIVER).takePending();
        receiver.interrupt();
        return deliver();
    }

    /* A lane that holds more than one look takes is noted again. */
    private int deliver() {
        int delivered = receiver.deliver();
        while (receiver.hasWork()) {
            delivered += receiver.deliver();
        }
        return delivered;
    }

    /** Sum of the first words of all that was delivered. */
    long received() {
        return received;
    }

    @Override
    public Messages messages() {
        return data -> received += data.buffer().getLong(0);
    }

    @Override
    public IrqWork irqWork() {
        throw new IllegalStateException("a single-slot mailbox");
    }

    @Override
    public void anomaly(int senderCpu, MkIpiData data) {
        throw new IllegalStateException("a damaged message from CPU " + senderCpu);
    }

    @Override
    public void close() throws IOException {
        pool.close();
        sender.close();
        area.close();
        try {
            host.end();
        } finally {
            Files.delete(directory);
        }
    }
}
