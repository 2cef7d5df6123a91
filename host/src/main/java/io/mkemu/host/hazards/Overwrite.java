// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

/** 1: the receiver takes no interrupt while several messages are sent to it. */
final class Overwrite implements Hazard {
    private static final int MESSAGES = 8;

    @Override
    public Label label() {
        return new Label(1, "overwrite", "multikernel_send_ipi_data",
            "each send clears the slot, read or not, and returns 0; queued: a lane of slots, full is -ENOSPC");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        int mark = receiver.mark();
        receiver.listen(type());
        receiver.hold();
        Actor.Sends sends = stage.actor(Cast.SENDER).send(Cast.RECEIVER, type(), 64, MESSAGES,
            stage.sequences(MESSAGES));
        receiver.release();
        receiver.settle();
        receiver.unlisten();
        return Outcome.of(Tally.of(sends.sent(), receiver.since(mark)), "");
    }
}
