// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ListenAddressTest {
    @ParameterizedTest
    @CsvSource({"9464,127.0.0.1:9464", "127.0.0.1:9464,127.0.0.1:9464", "[::1]:80,[::1]:80", "localhost:0,localhost:0",
        "0.0.0.0:65535,0.0.0.0:65535"})
    void isRead(String text, String address) {
        assertEquals(address, new ListenAddress.Converter().convert(text).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ":1", "1.2.3.4", "1.2.3.4:", "a:65536", "::1:80", "a:-1", "a:b", "[x]:1", "a:1:2"})
    void isRefused(String text) {
        assertThrows(TypeConversionException.class, () -> new ListenAddress.Converter().convert(text));
    }
}
