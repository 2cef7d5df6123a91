// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.hazards.Actor.Sends;
import io.mkemu.hazards.Hazard.Seen;
import io.mkemu.hazards.module.HazardOrder.Behaviour;
import io.mkemu.hazards.module.HazardPage.Note;
import java.util.List;

/** Provokes messages that do not come to whom they are meant for. One thread. */
final class ReachHazards {
    private static final int HOST = 0;
    private static final int SIZE = 64;
    private static final int MESSAGES = 4;
    private static final int TO_NOBODY = 3;

    private ReachHazards() {
    }

    /**
     * 6: messages to an instance that has not booted, and of a type that nobody registered. The latter count as arrived
     * where the receiving kernel accounts for each in its UNHANDLED counter. Count: the sends to the instance that has
     * not booted.
     */
    static Seen noReceiver(Stage stage, int type) {
        Actor sender = stage.actor(Cast.SENDER);
        Actor receiver = stage.actor(Cast.RECEIVER);
        Sends unbooted = sender.send(Cast.UNBOOTED, type, SIZE, TO_NOBODY);
        long before = receiver.counter(Counter.UNHANDLED);
        long sent = unbooted.sent() + sender.sendOneByOne(receiver, type, SIZE, TO_NOBODY).sent();
        long counted = receiver.counter(Counter.UNHANDLED) - before;
        return new Seen(new Tally(sent, counted, sent - counted, 0, 0),
            unbooted.refused() == 0 ? unbooted.sent() : unbooted.refused(), unbooted.error());
    }

    /** 7: messages to a CPU whose physical id is not its number, one at a time. */
    static Seen physicalCpu(Stage stage, int type) {
        Actor receiver = stage.actor(Cast.MAPPED);
        receiver.listen(type);
        Sends sends = stage.actor(Cast.SENDER).sendOneByOne(receiver, type, SIZE, MESSAGES);
        receiver.unlisten();
        return new Seen(Tally.of(sends.sent(), receiver.heard()));
    }

    /**
     * 8: messages meant for the second CPU of an instance. The RFC has no call that could say so. Count: those that
     * came to the first.
     */
    static Seen firstCpuOnly(Stage stage, int type) {
        Actor receiver = stage.actor(Cast.TWO_CPUS);
        int second = receiver.cpus()[1];
        receiver.listen(type);
        long sent = 0;
        for (int message = 1; message <= MESSAGES; message++) {
            sent += stage.actor(Cast.SENDER).sendToCpu(Cast.TWO_CPUS, stage.isSingleSlot() ? -1 : second, type, SIZE,
                1).sent();
            receiver.awaitHeard(message);
        }
        receiver.unlisten();
        List<Note> all = receiver.heard();
        List<Note> there = all.stream().filter(note -> note.receiverCpu() == second).toList();
        return new Seen(Tally.of(sent, there), all.size() - there.size(), 0);
    }

    /**
     * 11: a handler answers to whoever sent the message. Counted are the answers, and those that came to the instance
     * whose id is the number of the sender's CPU.
     */
    static Seen noReplyAddress(Stage stage, int type) {
        Actor answerer = stage.actor(Cast.RECEIVER);
        Actor asker = stage.actor(Cast.SENDER);
        Actor namesake = stage.actor(Cast.SENDERS_CPU);
        int before = answerer.page().answers();
        asker.listen(type + 1);
        namesake.listen(type + 1);
        answerer.listen(stage.isSingleSlot() ? Behaviour.ANSWER_TO_CPU : Behaviour.ANSWER_TO_OWNER, type, 0);
        for (int question = 0; question < MESSAGES; question++) {
            asker.sendOneByOne(answerer, type, SIZE, 1);
            asker.settle();
            namesake.settle();
        }
        answerer.unlisten();
        asker.unlisten();
        namesake.unlisten();
        return new Seen(Tally.of(answerer.page().answers() - before, asker.heard()), namesake.heard().size(), 0);
    }

    /**
     * 12: messages to instance 0. The patch creates no area for the host, so none is there with its own mailbox.
     * Count: sends that were refused.
     */
    static Seen hostCannotReceive(Stage stage, int type) {
        Actor host = stage.actor(HOST);
        if (stage.isSingleSlot()) {
            stage.machine().ipiAreas().destroy(HOST);
        }
        host.listen(type);
        Sends sends = stage.actor(Cast.SENDER).sendOneByOne(host, type, SIZE, MESSAGES);
        host.unlisten();
        return new Seen(Tally.of(sends.sent(), host.heard()), sends.refused(), sends.error());
    }
}
