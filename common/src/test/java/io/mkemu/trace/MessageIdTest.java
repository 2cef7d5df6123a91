// SPDX-License-Identifier: Apache-2.0
package io.mkemu.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageIdTest {
    @Property
    void itsPartsAndItsTextTellTheSame(@ForAll @IntRange(max = 1023) int sender,
        @ForAll @IntRange(max = 1023) int target,
        @ForAll @LongRange(min = 1) long life, @ForAll @LongRange(min = 0) long number) {
        long id = MessageId.of(sender, target, life, number);
        assertEquals(sender, MessageId.senderCpu(id));
        assertEquals(target, MessageId.targetCpu(id));
        assertEquals(life % 2048, MessageId.life(id));
        assertEquals(number % (1L << 32), MessageId.number(id));
        assertEquals(id, MessageId.parse(MessageId.text(id)));
        assertTrue(id >= 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "1.2.3", "1.2.3.4.5", "a.2.3.4", "1024.0.1.1", "0.1024.1.1", "0.0.2048.1",
        "0.0.1.4294967296", "-1.0.1.1", "1.2.3.", " 1.2.3.4"})
    void whatIsNoneIsNamed(String text) {
        String told = assertThrows(IllegalArgumentException.class, () -> MessageId.parse(text)).getMessage();
        assertTrue(told.contains("\"" + text + "\"") && told.contains("SENDER.TARGET.LIFE.NUMBER"), told);
    }
}
