// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.Kernel;
import java.util.BitSet;

/** Leads the demo's messages to where they belong, by the instance that sent them; strangers are not heard. */
final class DemoHandlers {
    /** What happens with a message of a member. */
    @FunctionalInterface
    private interface FromMember {
        void handle(int sender, MkIpiData data);
    }

    private final Kernel kernel;
    private final DemoPeer peer;
    private final DemoCoordinator coordinator;

    /** The coordinator is null but on the host. */
    DemoHandlers(Kernel kernel, DemoPeer peer, DemoCoordinator coordinator) {
        this.kernel = kernel;
        this.peer = peer;
        this.coordinator = coordinator;
    }

    void register() {
        IpiCallback data = fromMember((sender, message) -> peer.exchange(sender).receive(message));
        for (int type = 0; type < DATA_TYPES; type++) {
            kernel.registerHandler(data, null, DATA + type);
        }
        register(END, (sender, message) -> {
            if (DemoWire.has(message, 1)) {
                peer.exchange(sender).inbox().end(DemoWire.word(message, 0));
            }
        });
        register(PING, (sender, message) -> peer.pings().ping(sender, message));
        register(PONG, (sender, message) -> peer.pings().pong(sender, message));
        register(ACK, (sender, message) -> peer.pages().acknowledged(sender, message));
        register(MkIpiDataDescriptor.PFN_IPI_TYPE, (sender, message) -> peer.pages().receive(sender, message));
        if (coordinator == null) {
            kernel.registerHandler(this::order, null, ORDER);
        } else {
            register(DONE, coordinator::done);
            register(STATS, coordinator::stats);
            register(PROGRESS, coordinator::progress);
        }
    }

    private void register(int type, FromMember handler) {
        kernel.registerHandler(fromMember(handler), null, type);
    }

    private IpiCallback fromMember(FromMember handler) {
        return (data, context) -> {
            int sender = kernel.instanceOfCpu(data.senderCpu());
            if (peer.exchange(sender) != null) {
                handler.handle(sender, data);
            }
        };
    }

    private void order(MkIpiData data, Object context) {
        if (kernel.instanceOfCpu(data.senderCpu()) != DemoModule.COORDINATOR || data.dataSize() < 2 * Long.BYTES) {
            return;
        }
        DemoOp op = DemoOp.of(DemoWire.word(data, 0));
        if (op == DemoOp.START) {
            start(data);
        } else if (op != null) {
            peer.order(op, DemoWire.word(data, 1));
        }
    }

    private void start(MkIpiData data) {
        if (!DemoWire.has(data, START_WORDS)) {
            return;
        }
        long messages = DemoWire.word(data, 2);
        long pages = DemoWire.word(data, 3);
        long pings = DemoWire.word(data, 4);
        if (!DemoParameters.isValid(messages, pages, pings)) {
            return;
        }
        long[] members = new long[MEMBER_WORDS];
        for (int word = 0; word < MEMBER_WORDS; word++) {
            members[word] = DemoWire.word(data, MEMBERS_WORD + word);
        }
        peer.start(new DemoParameters((int) messages, (int) pages, (int) pings, 0), BitSet.valueOf(members));
    }
}
