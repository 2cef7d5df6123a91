// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.Errno;
import io.mkemu.abi.LocalApicDescriptor.Counter;

/**
 * 6: messages to an instance that has not booted, and of a type that nobody registered. The latter count as arrived
 * where the receiving kernel accounts for each in its UNHANDLED counter.
 */
final class NoReceiver implements Hazard {
    private static final int MESSAGES = 3;

    @Override
    public Label label() {
        return new Label(6, "no receiver", "multikernel_send_ipi_data",
            "a send asks neither whether the instance runs nor who listens; queued: -ESHUTDOWN, unhandled is counted");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor sender = stage.actor(Cast.SENDER);
        Actor receiver = stage.actor(Cast.RECEIVER);
        Actor.Sends toNobody = sender.send(Cast.UNBOOTED, type(), 64, MESSAGES, stage.sequences(MESSAGES));
        long unhandled = receiver.counter(Counter.UNHANDLED);
        long sent = 0;
        for (int message = 0; message < MESSAGES; message++) {
            sent += sender.send(Cast.RECEIVER, type(), 64, 1, stage.sequences(1)).sent();
            receiver.settle();
        }
        long counted = receiver.counter(Counter.UNHANDLED) - unhandled;
        Tally tally = new Tally(toNobody.sent() + sent, counted, toNobody.sent() + sent - counted, 0, 0);
        return Outcome.of(tally, toNobody.refused() == 0 ? "not booted: all " + toNobody.sent() + " sends returned 0"
            : "not booted: " + toNobody.refused() + " sends refused with " + Errno.name(toNobody.error()));
    }
}
