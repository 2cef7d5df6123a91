// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

/** The IPI types of the benchmark, and what an order says. */
final class BenchMessage {
    /** Asks for an answer with the same bytes. */
    static final int PING = 0x6265_0001;
    /** The answer. */
    static final int PONG = 0x6265_0002;
    /** Asks to send {@link #DATA}. */
    static final int ORDER = 0x6265_0003;
    /** One of a flood; the upper half of its number says of which run. */
    static final int DATA = 0x6265_0004;

    static final int ORDER_RUN = 0;
    static final int ORDER_NANOS = 8;
    static final int ORDER_BYTES = 16;
    static final int ORDER_YIELDS = 20;
    static final int ORDER_LENGTH = 24;

    /** Where in a number its run stands. */
    static final int RUN_SHIFT = 40;

    private BenchMessage() {
    }
}
