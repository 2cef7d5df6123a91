// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.Errno;

/**
 * 13: an area is destroyed while a sender is in the middle of a message to it, and its memory is allocated for
 * something else. That counts as torn when the message lands in it.
 */
final class DestroyDuringSend implements Hazard {
    @Override
    public Label label() {
        return new Label(13, "destroy during send", "mk_instance_ipi_destroy",
            "frees the area without asking who writes there; queued: waits for senders, or keeps the memory (-EBUSY)");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor victim = stage.actor(Cast.VICTIM);
        Actor sender = stage.actor(Cast.STOPS_TOO);
        int mark = victim.mark();
        long size = victim.entry().ipiAreaSize();
        victim.listen(type());
        sender.sendAndStop(Cast.VICTIM, type(), 64, stage.sequences(1));
        int destroyed = stage.machine().ipiAreas().destroy(Cast.VICTIM);
        Neighbour reused = Neighbour.allocate(stage, victim.entry(), size);
        Actor.Sends sends = sender.resume();
        victim.settle();
        victim.unlisten();
        int damaged = reused.damagedBytes();
        Tally tally = Tally.of(sends.sent(), victim.since(mark)).plusTorn(damaged > 0 ? 1 : 0);
        return Outcome.of(tally, (destroyed == 0 ? "destroyed at once" : "destroy said " + Errno.name(destroyed))
            + ", " + damaged + " bytes of reused memory overwritten");
    }
}
