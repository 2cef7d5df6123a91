// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

/** 5: messages without payload, one at a time. */
final class ZeroSize implements Hazard {
    private static final int MESSAGES = 4;

    @Override
    public Label label() {
        return new Label(5, "zero-size send", "multikernel_interrupt_handler",
            "data_size 0 means an empty slot, yet sending 0 bytes returns 0; queued: delivered like any other");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        int mark = receiver.mark();
        receiver.listen(type());
        long sent = 0;
        for (int message = 0; message < MESSAGES; message++) {
            sent += stage.actor(Cast.SENDER).send(Cast.RECEIVER, type(), 0, 1, 0).sent();
            receiver.settle();
        }
        receiver.unlisten();
        return Outcome.of(Tally.ofEmpty(sent, receiver.since(mark)), "");
    }
}
