// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.hazard.HazardBehaviour;

/** 3: a message is sent while the callback for an earlier one still reads. */
final class LivePointer implements Hazard {
    @Override
    public Label label() {
        return new Label(3, "live pointer", "handler_work",
            "the callback is handed the slot itself, which the next send overwrites; queued: it is the callback's");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        Actor sender = stage.actor(Cast.SENDER);
        int mark = receiver.mark();
        receiver.listen(HazardBehaviour.SLOW, type(), 0);
        int inside = receiver.page().inside();
        long sent = sender.send(Cast.RECEIVER, type(), 64, 1, stage.sequences(1)).sent();
        receiver.awaitInside(inside + 1);
        sent += sender.send(Cast.RECEIVER, type(), 64, 1, stage.sequences(1)).sent();
        receiver.page().openGate();
        receiver.settle();
        receiver.page().closeGate();
        receiver.unlisten();
        return Outcome.of(Tally.of(sent, receiver.since(mark)), "");
    }
}
