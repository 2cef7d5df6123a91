// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

/** 2: the receiver looks while a sender is between its stores, and two senders write into one slot. */
final class TornRead implements Hazard {
    private static final int SHORT = 64;
    private static final int LONG = 256;
    private static final int NO_TYPE_YET = 0;

    @Override
    public Label label() {
        return new Label(2, "torn or stale read", "multikernel_send_ipi_data",
            "size is visible before type and payload, and senders share the slot; queued: a ready word, stored last");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        int mark = receiver.mark();
        receiver.listen(type());
        receiver.listen(NO_TYPE_YET);
        long sent = readDuringASend(stage, receiver) + interleave(stage, receiver);
        receiver.unlisten();
        return Outcome.of(Tally.of(sent, receiver.since(mark)), "");
    }

    /** A ring for one sender's message lets the receiver look at what another has just begun. */
    private long readDuringASend(Stage stage, Actor receiver) {
        Actor stopped = stage.actor(Cast.STOPS_AFTER_SIZE);
        receiver.hold();
        long sent = stage.actor(Cast.SENDER).send(Cast.RECEIVER, type(), SHORT, 1, stage.sequences(1)).sent();
        stopped.sendAndStop(Cast.RECEIVER, type(), SHORT, stage.sequences(1));
        receiver.release();
        receiver.settle();
        sent += stopped.resume().sent();
        receiver.settle();
        return sent;
    }

    /** One sender's payload comes behind another's header. */
    private long interleave(Stage stage, Actor receiver) {
        Actor stopped = stage.actor(Cast.STOPS_BEFORE_PAYLOAD);
        receiver.hold();
        stopped.sendAndStop(Cast.RECEIVER, type(), LONG, stage.sequences(1));
        long sent = stage.actor(Cast.SENDER).send(Cast.RECEIVER, type(), SHORT, 1, stage.sequences(1)).sent();
        sent += stopped.resume().sent();
        receiver.release();
        receiver.settle();
        return sent;
    }
}
