// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static io.mkemu.system.modules.RoundsDescriptor.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.memory.Window;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** What an instance of {@link RoundsIT} counts in one of its lives, in memory of its own, as the test sees it. */
final class RoundRecord implements AutoCloseable {
    private static final int[] NEVER = {TORN_OFFSET, REPEATED_OFFSET, LOST_OFFSET, BAD_RESULT_OFFSET};
    private static final Pattern WHERE = Pattern.compile("record at 0x([0-9a-f]+) in life (\\d+)$");

    private final Window window;

    private RoundRecord(Window window) {
        this.window = window;
    }

    /** Where an instance counts in a life, or null if it did not come so far. */
    static RoundRecord of(TestHost host, String name, long life) {
        for (String line : host.log(name)) {
            Matcher matcher = WHERE.matcher(line);
            if (matcher.find() && Long.parseLong(matcher.group(2)) == life) {
                return new RoundRecord(host.memory().map(Long.parseLong(matcher.group(1), 16), RECORD_LENGTH));
            }
        }
        return null;
    }

    long word(int offset) {
        return window.buffer().getLongVolatile(offset);
    }

    void word(int offset, long value) {
        window.buffer().putLongVolatile(offset, value);
    }

    long sent(int target) {
        return word(SENT_OFFSET + target * Long.BYTES);
    }

    long received(int sender) {
        return word(RECEIVED_OFFSET + sender * Long.BYTES);
    }

    List<Long> list() {
        int entries = Math.toIntExact(word(LISTED_OFFSET));
        assertTrue(entries <= LIST_LENGTH, () -> entries + " entries do not fit the list");
        return IntStream.range(0, entries).mapToObj(entry -> word(LIST_OFFSET + entry * Long.BYTES)).toList();
    }

    /** Nothing was lost, torn or repeated, and no send returned what none may. */
    void checkSound(Supplier<String> where) {
        for (int offset : NEVER) {
            assertEquals(0, word(offset), () -> "word " + offset + where.get());
        }
    }

    @Override
    public void close() {
        window.close();
    }
}
