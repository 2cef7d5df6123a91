// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static io.mkemu.builtin.TrafficDescriptor.*;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.abi.Pages;
import io.mkemu.memory.Window;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an instance of {@link RoundsIT} counts in one of its lives, in memory of its own, as the test sees it. */
final class RoundRecord implements AutoCloseable {
    private static final Pattern WHERE =
        Pattern.compile("(traffic|round-pages): record at 0x([0-9a-f]+) in life (\\d+)$");

    private Window traffic;
    private Window pages;

    private RoundRecord() {
    }

    /** Where an instance counts in a life, or null if it did not come so far. */
    static RoundRecord of(LiveHost host, String name, long life) {
        RoundRecord record = new RoundRecord();
        for (String line : host.log(name)) {
            Matcher matcher = WHERE.matcher(line);
            if (matcher.find() && Long.parseLong(matcher.group(3)) == life) {
                long address = Long.parseLong(matcher.group(2), 16);
                if (matcher.group(1).equals("traffic")) {
                    record.traffic = host.memory().map(address, RECORD_LENGTH);
                } else {
                    record.pages = host.memory().map(address, Pages.PAGE_SIZE);
                }
            }
        }
        return record.traffic == null ? null : record;
    }

    /** A count about an instance. */
    long of(int instance, int offset) {
        return traffic.buffer().getLongVolatile(instance * BLOCK_LENGTH + offset);
    }

    long sent(int target) {
        return of(target, SENT_OFFSET);
    }

    long received(int sender) {
        return of(sender, RECEIVED_OFFSET);
    }

    /** A count of pages; 0 if it did not come so far. */
    long pages(int offset) {
        return pages == null ? 0 : pages.buffer().getLongVolatile(offset);
    }

    void pages(int offset, long value) {
        pages.buffer().putLongVolatile(offset, value);
    }

    /** Nothing of these was lost, torn or repeated. */
    void checkSound(Iterable<Integer> senders, Supplier<String> where) {
        for (int sender : senders) {
            for (int never : new int[] {LOST_OFFSET, TORN_OFFSET, REPEATED_OFFSET}) {
                assertEquals(0, of(sender, never), () -> "word " + never + " of " + sender + where.get());
            }
        }
    }

    @Override
    public void close() {
        traffic.close();
        if (pages != null) {
            pages.close();
        }
    }
}
