// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.bench.mkemu.BenchTree;
import io.mkemu.host.Host;
import io.mkemu.ipi.BareLanes;
import io.mkemu.ipi.IpiDispatcher;
import io.mkemu.ipi.IpiReceiver;
import io.mkemu.ipi.IpiSender;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.Window;
import io.mkemu.plan.MachinePlan;
import io.mkemu.table.InstanceEntry;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.DirectBuffer;

/**
 * mkemu's way up to a layer, for the budget of a round trip: in the memory of a machine of which no kernel runs, but in
 * whose name both sides send. The main process is the host on CPU 0, the child is instance 1 on CPU 1.
 */
final class LayerWire implements Wire, IpiDispatcher {
    /** How far up. */
    enum Layer {
        /** The lanes alone. */
        LANE,
        /** And the receiver of a CPU. */
        RECEIVER,
        /** And the sender of a CPU. */
        SENDER
    }

    private static final String MACHINE = "machine";
    private static final int CPUS = 5;
    private static final int TYPE = 7;
    private static final int LOOKS = 1024;

    private final Layer layer;
    private final Host host;
    private final MappedMachine machine;
    private final int other;
    private final Window areaOut;
    private final Window areaIn;
    private final BareLanes lanes;
    private final IpiReceiver receiver;
    private final IpiSender sender;
    private Wire.Receiver to;
    private int looks;

    private LayerWire(Layer layer, Host host, MappedMachine machine, int own) {
        this.layer = layer;
        this.host = host;
        this.machine = machine;
        this.other = 1 - own;
        this.areaOut = area(other);
        this.areaIn = area(own);
        this.lanes = new BareLanes(areaOut, areaIn, machine.layout(), own, other);
        this.sender = machine.interconnect().sender(machine.apic(own));
        this.receiver = machine.interconnect().receiver(areaIn, machine.apic(own), 0, true, this);
        receiver.announceRunning();
    }

    private Window area(int instance) {
        InstanceEntry entry = machine.instances().entry(instance);
        return machine.interconnect().mapArea(entry, entry.ipiArea());
    }

    static LayerWire main(Path directory, Layer layer) throws IOException {
        Host host = Host.init(new MachineDirectory(directory.resolve(MACHINE)),
            MachinePlan.of(BenchTree.of(IpiMode.QUEUED, "echo", "poll", CPUS, CPUS - 1)));
        MappedMachine machine = host.machine().mapped();
        machine.interconnect().areas().create(1);
        for (int instance = 0; instance <= 1; instance++) {
            machine.instances().entry(instance).newLife(InstanceState.ACTIVE);
        }
        return new LayerWire(layer, host, machine, 0);
    }

    static LayerWire child(Path directory, Layer layer) throws IOException {
        return new LayerWire(layer, null,
            MappedMachine.open(new MachineDirectory(directory.resolve(MACHINE)).ram()), 1);
    }

    @Override
    public boolean offer(DirectBuffer payload, int offset, int bytes) {
        return (layer == Layer.SENDER ? sender.send(other, TYPE, payload, offset, bytes)
            : lanes.publish(payload, offset, bytes)) == 0;
    }

    @Override
    public int poll(Wire.Receiver receives) {
        to = receives;
        if (layer == Layer.LANE) {
            return lanes.poll(this::hand);
        }
        if (receiver.isHottestReady()) {
            return receiver.deliverHottest();
        }
        if (++looks % LOOKS != 0) {
            return 0;
        }
        /* The first message: nobody takes vectors here. */
        receiver.audit();
        return receiver.deliver();
    }

    private void hand(MkIpiData data) {
        to.message(data.buffer(), 0, data.dataSize());
    }

    @Override
    public Messages messages() {
        return this::hand;
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
        sender.close();
        areaOut.close();
        areaIn.close();
        if (host == null) {
            machine.close();
        } else {
            host.end();
        }
    }
}
