// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class EventNameTest {
    @ParameterizedTest
    @EnumSource
    void theDocumentationHasIt(EventName name) throws IOException {
        String row = "| `" + name.label() + "` | " + String.join(", ", name.fields()) + " | " + name.meaning() + " |";
        assertTrue(Files.readAllLines(Path.of("..", "docs", "tracing.md")).contains(row), row);
    }

    @ParameterizedTest
    @EnumSource
    void isFoundByItsLabel(EventName name) {
        assertEquals(name, EventName.of(name.label()));
        assertTrue(name.label().matches("[a-z_]+"), name.label());
    }

    @ParameterizedTest
    @CsvSource({"sned, send", "callbak_begin, callback_begin", "callback, callback_end", "pfn, pfn_map",
        "interupt, interrupt", "wakup, wakeup"})
    void whatIsNoneIsNamedWithTheNearest(String wrong, String near) {
        String told = assertThrows(IllegalArgumentException.class, () -> EventName.of(wrong)).getMessage();
        assertEquals("\"" + wrong + "\" is no event; did you mean " + near + "?", told);
    }

    @Test
    void whatIsLikeNoneIsAnsweredWithAll() {
        String told = assertThrows(IllegalArgumentException.class, () -> EventName.of("qqq")).getMessage();
        assertTrue(told.startsWith("\"qqq\" is no event; use one of send, doorbell, elide, "), told);
    }
}
