// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimeNamespaceTest {
    private static final String OWN = "time:[4026532177]";

    @TempDir
    private Path process;

    private void namespaces(String own, String children) throws IOException {
        Path all = Files.createDirectories(process.resolve("ns"));
        Files.createSymbolicLink(all.resolve("time"), Path.of(own));
        Files.createSymbolicLink(all.resolve("time_for_children"), Path.of(children));
    }

    private void offsets(String text) throws IOException {
        Files.writeString(process.resolve("timens_offsets"), text);
    }

    @ParameterizedTest
    @CsvSource({"'monotonic           0         0', 0", "'monotonic      100000         0', 100000000000000",
        "'monotonic -6 500000000', -5500000000", "'1 7 1', 7000000001"})
    void theOffsetOfTheMonotonicClockIsRead(String line, long nanos) throws IOException {
        namespaces(OWN, OWN);
        offsets("boottime 9 9\n" + line + "\n");
        assertEquals(OptionalLong.of(nanos), TimeNamespace.offsetNanos(process));
    }

    @Test
    void whatTheSystemDoesNotTellIsNotGuessed() throws IOException {
        assertEquals(OptionalLong.empty(), TimeNamespace.offsetNanos(process.resolve("none")));
        namespaces(OWN, OWN);
        assertEquals(OptionalLong.empty(), TimeNamespace.offsetNanos(process), "offsets hidden");
        for (String bad : new String[] {"", "boottime 0 0\n", "monotonic x 0\n", "monotonic 0\n"}) {
            offsets(bad);
            assertEquals(OptionalLong.empty(), TimeNamespace.offsetNanos(process), bad);
        }
    }

    @Test
    void theOffsetsOfChildrenAreNotItsOwn() throws IOException {
        namespaces(OWN, "time:[4026531834]");
        offsets("monotonic 100000 0\n");
        assertEquals(OptionalLong.empty(), TimeNamespace.offsetNanos(process));
    }

    @Test
    void aKernelWithoutTimeNamespacesHasOneClock() throws IOException {
        Files.createDirectories(process.resolve("ns"));
        assertEquals(OptionalLong.of(0), TimeNamespace.offsetNanos(process));
    }
}
