// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.hazard.HazardBehaviour;
import io.mkemu.hazard.HazardRecord;
import java.util.List;

/** 4: a message arrives while a handler's work for the one before has not run yet, since an older one runs first. */
final class Coalescing implements Hazard {
    private static final int WAITING = 1;
    private static final int RUNNING = 2;

    @Override
    public Label label() {
        return new Label(4, "coalescing", "multikernel_interrupt_handler",
            "irq_work that is pending when a message comes finds only that one in the slot, and then again at its "
                + "interrupt; queued: each message once");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        Actor sender = stage.actor(Cast.SENDER);
        int mark = receiver.mark();
        receiver.listen(HazardBehaviour.SLOW, type(), RUNNING);
        receiver.listen(HazardBehaviour.RECORD, type(), WAITING);
        int inside = receiver.page().inside();
        long sent = sender.send(Cast.RECEIVER, type(), 64, 1, stage.sequences(1)).sent();
        receiver.awaitInside(inside + 1);
        sent += sender.send(Cast.RECEIVER, type(), 64, 1, stage.sequences(1)).sent();
        receiver.page().openGate();
        receiver.settle();
        receiver.page().closeGate();
        receiver.unlisten();
        List<HazardRecord> waited =
            receiver.since(mark).stream().filter(callback -> callback.tag() == WAITING).toList();
        return Outcome.of(Tally.of(sent, waited), "");
    }
}
