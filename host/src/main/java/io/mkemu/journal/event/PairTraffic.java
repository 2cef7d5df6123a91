// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

/** What one kernel sent another, as far as it was recorded. Not thread-safe. */
public final class PairTraffic {
    private final int from;
    private final int to;
    private final Latency toInterrupt = new Latency();
    private final Latency toCallback = new Latency();
    private final Latency whole = new Latency();
    long sent;
    long delivered;
    long bytes;
    long undelivered;
    long unsent;
    long full;
    long refused;
    private boolean knowsDeliveries = true;
    private boolean knowsSends = true;

    PairTraffic(int from, int to) {
        this.from = from;
        this.to = to;
    }

    /** A message of a mailbox that numbers none: only its target knows how long that took. */
    void delivered(TraceEntry delivery) {
        delivered++;
        toCallback.add(delivery.waited());
    }

    /** A message, from end to end. Stamps that contradict each other are put right as the merge does. */
    void delivered(TraceEntry send, TraceEntry delivery) {
        delivered++;
        long called = delivery.time();
        long published = Math.min(send.time(), called);
        long interrupted = Math.max(called - delivery.waited(), published);
        toInterrupt.add(interrupted - published);
        toCallback.add(called - interrupted);
        whole.add(called - published);
    }

    /** Where no message has a number: those that are missing, or too many. */
    void settleUnnumbered() {
        undelivered += Math.max(0, sent - delivered);
        unsent += Math.max(0, delivered - sent);
    }

    /** The target does not trace: what the journal does not have of it is not lost. */
    void hasNoDeliveries() {
        undelivered = 0;
        knowsDeliveries = false;
    }

    /** The sender does not trace. */
    void hasNoSends() {
        unsent = 0;
        knowsSends = false;
    }

    void add(PairTraffic other) {
        sent += other.sent;
        delivered += other.delivered;
        bytes += other.bytes;
        undelivered += other.undelivered;
        unsent += other.unsent;
        full += other.full;
        refused += other.refused;
        toInterrupt.add(other.toInterrupt);
        toCallback.add(other.toCallback);
        whole.add(other.whole);
    }

    /** Instance that sends. */
    public int from() {
        return from;
    }

    /** Instance that is sent to. */
    public int to() {
        return to;
    }

    /** Whether the target traces its deliveries, as far as is known. */
    public boolean knowsDeliveries() {
        return knowsDeliveries;
    }

    /** Whether the sender traces its sends, as far as is known. */
    public boolean knowsSends() {
        return knowsSends;
    }

    /** Messages sent. */
    public long sent() {
        return sent;
    }

    /** Messages delivered: a callback began, or nobody handles them. */
    public long delivered() {
        return delivered;
    }

    /** Bytes of the messages sent. */
    public long bytes() {
        return bytes;
    }

    /** Messages sent whose delivery is not in the journal. */
    public long undelivered() {
        return undelivered;
    }

    /** Messages delivered whose send is not in the journal. */
    public long unsent() {
        return unsent;
    }

    /** Sends that found the mailbox full. */
    public long full() {
        return full;
    }

    /** Sends that were refused. */
    public long refused() {
        return refused;
    }

    /** From the send to the interrupt; of messages without numbers nothing. */
    public Latency sendToInterrupt() {
        return toInterrupt;
    }

    /** From the interrupt to the first callback. */
    public Latency interruptToCallback() {
        return toCallback;
    }

    /** From the send to the first callback; of messages without numbers nothing. */
    public Latency sendToCallback() {
        return whole;
    }
}
