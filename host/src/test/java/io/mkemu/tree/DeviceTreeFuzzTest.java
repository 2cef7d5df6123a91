// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.mkemu.dts.DeviceTreeException;
import io.mkemu.dts.Text;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever the text, parsing ends with a machine that can be written again or with one clear line. */
class DeviceTreeFuzzTest {

    private static final long SEED = 20_260_101L;
    private static final int ROUNDS = 20_000;
    private static final String SOURCE = Trees.with("id = <7>;",
        "id = <7>; restart = \"on-failure\"; restart-limit = <9>; restart-delay-ms = <250>;");
    private static final String[] PIECES = {"{", "}", "};", "<", ">", "[", "]", "(", ")", "\"", "\\", ";", "=", ",",
        "/", "/*", "*/", "//", "/bits/ 64 ", "/bits/ 8 ", "&", "@", ":", "#include", "/include/", "-", "<<", ">>", "0x",
        "08", "0xffffffffffffffff", "-1", "cpus", "id", "\n", "\r", "\t", "\0", "\u00e9", "\ud83d", "\uFEFF", "n { ",
        "((((", "1024", "0", " ", "resources { ", "/dts-v1/;", "/ {", "'", "\u2028"};

    @Test
    @Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void everyMutationEndsWell() {
        Random random = new Random(SEED);
        int good = 0;
        int bad = 0;
        for (int round = 0; round < ROUNDS; round++) {
            String source = mutate(random);
            try {
                MachineSpec machine = MachineSpec.parse("f.dts", source, Marked.BASE);
                assertEquals(machine, MachineSpec.parse("w.dts", DeviceTreeWriter.write(machine), Marked.BASE));
                good++;
            } catch (DeviceTreeException e) {
                assertClear(e, source);
                bad++;
            } catch (RuntimeException | StackOverflowError e) {
                fail("round " + round + " of seed " + SEED + ": " + source, e);
            }
        }
        assertTrue(good > 100 && bad > 100, "mutations should do both: " + good + " good, " + bad + " bad");
    }

    private static void assertClear(DeviceTreeException e, String source) {
        String message = e.getMessage();
        String[] lines = source.split("\n", -1);
        assertTrue(message.startsWith("f.dts:" + e.line() + ":" + e.column() + ": "), message);
        assertTrue(e.line() >= 1 && e.line() <= lines.length, message);
        String line = lines[e.line() - 1];
        assertTrue(e.column() >= 1 && e.column() <= line.codePointCount(0, line.length()) + 1, message);
        assertTrue(message.codePoints().allMatch(Text::isPrintable), message);
        assertTrue(message.length() < 500, message);
    }

    private static String mutate(Random random) {
        StringBuilder text = new StringBuilder(SOURCE);
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes && text.length() > 2; i++) {
            int at = random.nextInt(text.length());
            int end = Math.min(text.length(), at + 1 + random.nextInt(random.nextInt(8) == 0 ? 80 : 4));
            String piece = PIECES[random.nextInt(PIECES.length)];
            switch (random.nextInt(7)) {
                case 0 -> text.delete(at, end);
                case 1 -> text.insert(at, piece);
                case 2 -> text.replace(at, end, piece);
                case 3 -> text.insert(at, text.substring(at, end));
                case 4 -> text.setCharAt(at, (char) (' ' + random.nextInt(95)));
                case 5 -> text.setCharAt(at, (char) random.nextInt(0x10000));
                default -> text.setLength(random.nextInt(6) == 0 ? at : text.length());
            }
        }
        return text.toString();
    }
}
