// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.Errno;

/** 10: a message of a type beyond 32 bits, and one of the type that its low half is. */
final class TypeTruncation implements Hazard {
    private static final long WIDE = 1L << Integer.SIZE;

    @Override
    public Label label() {
        return new Label(10, "type truncation", "multikernel_send_ipi_data",
            "an unsigned long type is cut to unsigned int and reaches the wrong handler; queued: -EINVAL");
    }

    @Override
    public int type() {
        return 1;
    }

    @Override
    public Outcome run(Stage stage) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        Actor sender = stage.actor(Cast.SENDER);
        int mark = receiver.mark();
        receiver.listen(type());
        Actor.Sends wide = sender.send(Cast.RECEIVER, WIDE + type(), 64, 1, stage.sequences(1));
        receiver.settle();
        Actor.Sends narrow = sender.send(Cast.RECEIVER, type(), 64, 1, stage.sequences(1));
        receiver.settle();
        receiver.unlisten();
        return Outcome.of(Tally.of(wide.sent() + narrow.sent(), receiver.since(mark)), wide.refused() > 0
            ? "type 0x" + Long.toHexString(WIDE + type()) + " refused with " + Errno.name(wide.error())
            : "type 0x" + Long.toHexString(WIDE + type()) + " came as 0x" + Integer.toHexString(type()));
    }
}
