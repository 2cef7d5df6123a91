// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.hazard.HazardBehaviour;

/** 11: a handler answers to whoever sent the message. Counted are the answers. */
final class NoReplyAddress implements Hazard {
    private static final int QUESTIONS = 4;

    @Override
    public Label label() {
        return new Label(11, "no reply address", "multikernel_interrupt_handler",
            "sender_cpu names a CPU and sends go to instances, an answer goes astray; queued: the owner is looked up");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor answerer = stage.actor(Cast.RECEIVER);
        Actor asker = stage.actor(Cast.SENDER);
        Actor namesake = stage.actor(asker.cpus()[0]);
        int namesakesMark = namesake.mark();
        int mark = asker.mark();
        int answered = answerer.page().answers();
        asker.listen(type() + 1);
        namesake.listen(type() + 1);
        answerer.listen(stage.isSingleSlot() ? HazardBehaviour.ANSWER_TO_CPU : HazardBehaviour.ANSWER_TO_OWNER,
            type(), 0);
        for (int question = 0; question < QUESTIONS; question++) {
            asker.send(Cast.RECEIVER, type(), 64, 1, stage.sequences(1));
            answerer.settle();
            asker.settle();
            namesake.settle();
        }
        answerer.unlisten();
        asker.unlisten();
        namesake.unlisten();
        Tally tally = Tally.of(answerer.page().answers() - answered, asker.since(mark));
        return Outcome.of(tally, tally.lost() == 0 ? "" : namesake.since(namesakesMark).size() + " answers to CPU "
            + asker.cpus()[0] + " came to instance " + namesake.id());
    }
}
