// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.hazard.HazardBehaviour;
import io.mkemu.hazard.HazardRecord;
import java.util.List;

/** 4: a message arrives while a handler's work for the one before has not run yet, since a slower one runs first. */
final class Coalescing implements Hazard {
    private static final int WAITING = 1;
    private static final int RUNNING = 2;

    @Override
    public Label label() {
        return new Label(4, "coalescing", "multikernel_interrupt_handler",
            "irq_work that is pending is not queued again, so two messages get one callback; queued: one for each");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        Actor sender = stage.actor(Cast.SENDER);
        int mark = receiver.mark();
        receiver.listen(HazardBehaviour.RECORD, type(), WAITING);
        receiver.listen(HazardBehaviour.SLOW, type(), RUNNING);
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
