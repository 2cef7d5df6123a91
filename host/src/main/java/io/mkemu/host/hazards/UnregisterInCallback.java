// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.hazard.HazardBehaviour;

/** 14: a callback takes its own handler back; another message follows. */
final class UnregisterInCallback implements Hazard {
    @Override
    public Label label() {
        return new Label(14, "unregister in own callback", "multikernel_unregister_handler",
            "irq_work_sync() waits for the callback that called it: the CPU hangs; queued: -EDEADLK and goes on");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor receiver = stage.actor(Cast.HANGS);
        Actor sender = stage.actor(Cast.SENDER);
        int mark = receiver.mark();
        receiver.listen(HazardBehaviour.UNREGISTER_SELF, type(), 0);
        int returned = receiver.page().returned();
        long sent = sender.send(Cast.HANGS, type(), 64, 1, stage.sequences(1)).sent();
        stage.await("the callback that unregisters itself", () -> receiver.since(mark).size() == 1);
        sent += sender.send(Cast.HANGS, type(), 64, 1, stage.sequences(1)).sent();
        boolean alive = receiver.isAlive();
        if (alive) {
            receiver.settle();
        }
        boolean hangs = !alive && receiver.page().returned() == returned;
        Tally tally = Tally.of(sent, receiver.since(mark));
        return Outcome.of(tally, hangs || !tally.clean(), hangs ? "the CPU makes no progress, its process is killed"
            : "the CPU goes on");
    }
}
