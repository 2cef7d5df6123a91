// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.ipi.MkIpiData;

/**
 * What one kernel counted about one peer.
 *
 * @param peer          its id
 * @param sent          messages sent to it
 * @param delivered     messages of it that came intact
 * @param lost          messages of it that did not come
 * @param torn          messages of it that came damaged
 * @param repeated      messages of it that came again
 * @param reordered     messages of it that came after a later one
 * @param pagesShared   pages shared with it
 * @param pagesVerified of these, seen and answered as they should be
 */
record DemoStats(int peer, long sent, long delivered, long lost, long torn, long repeated, long reordered,
    long pagesShared, long pagesVerified) {

    static DemoStats of(DemoExchange exchange, DemoShare share) {
        DemoInbox inbox = exchange.inbox();
        return new DemoStats(exchange.peer(), exchange.sent(), inbox.delivered(), inbox.lost(), inbox.torn(),
            inbox.repeated(), inbox.reordered(), share.shared(), share.verified());
    }

    int send(DemoWire wire, int target) {
        return wire.put(0, peer).put(1, sent).put(2, delivered).put(3, lost).put(4, torn).put(5, repeated)
            .put(6, reordered).put(7, pagesShared).put(8, pagesVerified)
            .send(target, DemoDescriptor.STATS, DemoDescriptor.STATS_WORDS);
    }

    static DemoStats read(MkIpiData data) {
        return new DemoStats((int) DemoWire.word(data, 0), DemoWire.word(data, 1), DemoWire.word(data, 2),
            DemoWire.word(data, 3), DemoWire.word(data, 4), DemoWire.word(data, 5), DemoWire.word(data, 6),
            DemoWire.word(data, 7), DemoWire.word(data, 8));
    }
}
