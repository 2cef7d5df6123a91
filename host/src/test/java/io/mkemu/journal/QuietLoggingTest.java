// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What libraries log: an error is one line, all else is nothing. */
class QuietLoggingTest {
    private final Logger logger = LoggerFactory.getLogger("a library");
    private final List<String> told = new ArrayList<>();

    @BeforeEach
    void listen() {
        QuietLogging.errorsTo(told::add);
    }

    @AfterEach
    void listenNoMore() {
        QuietLogging.errorsTo(null);
    }

    @Test
    void anErrorIsOneLine() {
        logger.error("a file {} is broken:\n  at {}", "x", 7);
        logger.error("cannot go on", new IOException("disk full"));
        assertEquals(List.of("journal: a file x is broken: at 7",
            "journal: cannot go on: java.io.IOException: disk full"), told);
    }

    @Test
    void lessThanAnErrorIsNothing() {
        logger.warn("look {}", "out");
        logger.info("by the way");
        logger.debug("step");
        logger.trace("step");
        assertEquals(List.of(), told);
    }
}
