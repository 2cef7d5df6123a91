// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import io.mkemu.abi.TraceEvent;
import io.mkemu.journal.event.SentMessages;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.trace.MessageId;

/** Finds the send of each delivery. Takes events in order; bounded memory. Not thread-safe. */
final class FlightMatch {
    private static final int MOST_SENT = 1 << 16;

    /**
     * A message, from its send to its callback. Times in ns, CLOCK_MONOTONIC.
     *
     * @param sent    when it was sent
     * @param fromCpu physical id of the sender
     * @param toCpu   physical id of the receiver
     * @param begun   when its first callback began
     * @param took    how long that ran
     * @param type    of the message
     * @param bytes   of its payload
     */
    record Flight(long sent, int fromCpu, int toCpu, long begun, long took, int type, int bytes) {
    }

    /**
     * A delivery.
     *
     * @param from   id of the sender's kernel, less than 0 if that is not known
     * @param flight null if its send was not recorded
     */
    record Delivery(int from, Flight flight) {
    }

    private record Sent(long time, int instance) {
    }

    private final TraceNames names;
    private final SentMessages<Sent> flying = new SentMessages<>(MOST_SENT);

    FlightMatch(TraceNames names) {
        this.names = names;
    }

    /** A message was sent. */
    void sent(TraceEntry entry) {
        if (entry.isNumbered()) {
            flying.put(entry.id(), new Sent(entry.time(), entry.instance()));
        }
    }

    /** A message was delivered: {@link TraceEntry#isDelivery}. */
    Delivery delivered(TraceEntry entry) {
        Sent sent = entry.isNumbered() ? flying.take(entry.id()) : null;
        int cpu = MessageId.senderCpu(entry.id());
        if (entry.isNumbered() && sent == null) {
            return new Delivery(names.ownerOf(cpu), null);
        }
        /* A mailbox that numbers no message: only its target knows how long it waited. */
        long begun = sent != null ? Math.min(sent.time, entry.time()) : entry.time() - entry.waited();
        return new Delivery(sent != null ? sent.instance : names.ownerOf(cpu), new Flight(begun, cpu, entry.cpu(),
            entry.time(), entry.event() == TraceEvent.UNHANDLED ? 0 : entry.took(), entry.type(), entry.size()));
    }
}
