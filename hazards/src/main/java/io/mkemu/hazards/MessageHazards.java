// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import io.mkemu.hazards.Actor.Sends;
import io.mkemu.hazards.Hazard.Seen;
import io.mkemu.hazards.module.HazardOrder.Behaviour;
import io.mkemu.hazards.module.HazardPage.Note;
import java.util.List;

/** Provokes what becomes of a message in its slot and in its callbacks. One thread. */
final class MessageHazards {
    private static final int SIZE = 64;
    private static final int LONG = 256;
    private static final int MESSAGES = 8;
    private static final int EMPTY_MESSAGES = 4;
    private static final int NO_TYPE_YET = 0;
    /** Arrives as 1: the low half of a type beyond 32 bits, and a type of its own. */
    private static final int LOW_TYPE = 1;
    private static final long WIDE_TYPE = 1L << Integer.SIZE | LOW_TYPE;

    private MessageHazards() {
    }

    /** 1: the receiver takes no interrupt while several messages are sent to it. */
    static Seen overwrite(Stage stage, int type) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        receiver.listen(type);
        receiver.hold();
        Sends sends = stage.actor(Cast.SENDER).send(Cast.RECEIVER, type, SIZE, MESSAGES);
        receiver.release();
        receiver.settle();
        receiver.unlisten();
        return new Seen(Tally.of(sends.sent(), receiver.heard()));
    }

    /** 2: the receiver looks while a sender is between its stores, and two senders write into one slot. */
    static Seen tornRead(Stage stage, int type) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        Actor sender = stage.actor(Cast.SENDER);
        receiver.listen(type);
        receiver.listen(NO_TYPE_YET);

        /* A ring for one sender's message lets the receiver look at what another has just begun. */
        Actor stopped = stage.actor(Cast.STOPS_AFTER_SIZE);
        receiver.hold();
        long sent = sender.send(Cast.RECEIVER, type, SIZE).sent();
        stopped.sendAndStop(Cast.RECEIVER, type, SIZE);
        receiver.release();
        receiver.settle();
        sent += stopped.resume().sent();
        receiver.settle();

        /* One sender's payload comes behind another's header. */
        stopped = stage.actor(Cast.STOPS_BEFORE_PAYLOAD);
        receiver.hold();
        stopped.sendAndStop(Cast.RECEIVER, type, LONG);
        sent += sender.send(Cast.RECEIVER, type, SIZE).sent();
        sent += stopped.resume().sent();
        receiver.release();
        receiver.settle();
        receiver.unlisten();
        return new Seen(Tally.of(sent, receiver.heard()));
    }

    /** 3: a message is sent while the callback for an earlier one still reads. */
    static Seen livePointer(Stage stage, int type) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        receiver.listen(Behaviour.SLOW, type, 0);
        long sent = sendTwoDuringACallback(stage, type);
        return new Seen(Tally.of(sent, receiver.heard()));
    }

    /**
     * 4: a message arrives while a handler's work for the one before has not run yet, since a slower one runs first.
     * One handler each side of the slow one: whichever order they run in, one of them waits.
     */
    static Seen coalescing(Stage stage, int type) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        receiver.listen(Behaviour.RECORD, type, 1);
        receiver.listen(Behaviour.SLOW, type, 2);
        receiver.listen(Behaviour.RECORD, type, 3);
        long sent = sendTwoDuringACallback(stage, type);
        List<Note> notes = receiver.heard();
        int waiting = notes.isEmpty() || notes.getFirst().tag() == 1 ? 3 : 1;
        return new Seen(Tally.of(sent, notes.stream().filter(note -> note.tag() == waiting).toList()));
    }

    private static long sendTwoDuringACallback(Stage stage, int type) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        Actor sender = stage.actor(Cast.SENDER);
        int inside = receiver.page().inside();
        long sent = sender.send(Cast.RECEIVER, type, SIZE).sent();
        receiver.awaitInside(inside + 1);
        sent += sender.send(Cast.RECEIVER, type, SIZE).sent();
        receiver.page().openGate();
        receiver.settle();
        receiver.unlisten();
        return sent;
    }

    /** 5: messages without payload, one at a time. */
    static Seen zeroSize(Stage stage, int type) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        receiver.listen(type);
        Sends sends = stage.actor(Cast.SENDER).sendOneByOne(receiver, type, 0, EMPTY_MESSAGES);
        receiver.unlisten();
        return new Seen(Tally.ofEmpty(sends.sent(), receiver.heard()));
    }

    /** 10: a message of a type beyond 32 bits, and one of the type that its low half is. */
    static Seen typeTruncation(Stage stage, int unused) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        Actor sender = stage.actor(Cast.SENDER);
        receiver.listen(LOW_TYPE);
        Sends wide = sender.sendOneByOne(receiver, WIDE_TYPE, SIZE, 1);
        Sends narrow = sender.sendOneByOne(receiver, LOW_TYPE, SIZE, 1);
        receiver.unlisten();
        return new Seen(Tally.of(wide.sent() + narrow.sent(), receiver.heard()), 0, wide.error());
    }

    /** 14: a callback takes its own handler back; another message follows. Count: 1 if its CPU hangs. */
    static Seen unregisterInCallback(Stage stage, int type) {
        Actor receiver = stage.actor(Cast.HANGS);
        Actor sender = stage.actor(Cast.SENDER);
        receiver.listen(Behaviour.UNREGISTER_SELF, type, 0);
        int returned = receiver.page().returned();
        long sent = sender.send(Cast.HANGS, type, SIZE).sent();
        receiver.awaitHeard(1);
        sent += sender.send(Cast.HANGS, type, SIZE).sent();
        boolean alive = receiver.isAlive();
        if (alive) {
            receiver.settle();
        }
        boolean hangs = !alive && receiver.page().returned() == returned;
        return new Seen(Tally.of(sent, receiver.heard()), hangs ? 1 : 0, 0);
    }
}
