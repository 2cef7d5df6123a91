// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.Errno;

/** 12: messages to instance 0. The patch creates no area for the host, so none is there with its own mailbox. */
final class HostCannotReceive implements Hazard {
    private static final int MESSAGES = 4;
    private static final int HOST = 0;

    @Override
    public Label label() {
        return new Label(12, "host cannot receive", "mk_instance_ipi_create",
            "nobody calls it for the host, so a send to instance 0 is -ENODEV; queued: the host has an area too");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor host = stage.actor(HOST);
        if (stage.isSingleSlot()) {
            stage.machine().ipiAreas().destroy(HOST);
        }
        int mark = host.mark();
        host.listen(type());
        long sent = 0;
        long refused = 0;
        int error = 0;
        for (int message = 0; message < MESSAGES; message++) {
            Actor.Sends sends = stage.actor(Cast.SENDER).send(HOST, type(), 64, 1, stage.sequences(1));
            host.settle();
            sent += sends.sent();
            refused += sends.refused();
            error = sends.error();
        }
        host.unlisten();
        Tally tally = Tally.of(sent, host.since(mark));
        return Outcome.of(tally, refused > 0 || !tally.clean(),
            refused > 0 ? refused + " sends refused with " + Errno.name(error) : "");
    }
}
