// SPDX-License-Identifier: Apache-2.0
package io.mkemu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimilarTest {
    private static final List<String> KNOWN = List.of("id", "cpus", "memory-bytes", "memory-base", "callback_begin");

    @ParameterizedTest
    @CsvSource({"ID, id", "cpu, cpus", "CPUS, cpus", "spuc, cpus", "memory_bytes, memory-bytes",
        "memory-bas, memory-base", "callback-begin, callback_begin", "begin, callback_begin", "cpus@0, cpus"})
    void findsTheNearest(String name, String near) {
        assertEquals(Optional.of(near), Similar.nearest(name, KNOWN));
        assertEquals("; did you mean " + near + "?", Similar.hint(name, KNOWN));
    }

    @Test
    void guessesNothingThatIsFar() {
        for (String far : List.of("", "x", "xyz", "disk", "cpus".repeat(20))) {
            assertEquals(Optional.empty(), Similar.nearest(far, KNOWN), far);
        }
        assertEquals("; use one of a, b", Similar.hint("xyz", List.of("a", "b")));
        assertEquals(Optional.empty(), Similar.nearest("cpus", List.of()));
    }
}
