// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.metrics;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Where to listen.
 *
 * @param host name or address
 * @param port 0: any that is free
 */
record ListenAddress(String host, int port) {
    private static final Pattern FORM =
        Pattern.compile("(?:(?<host>[^:\\[\\]]+|\\[[0-9a-fA-F:.]+]):)?(?<port>\\d{1,5})");
    private static final int LAST_PORT = 65_535;

    /** As it is written in a URL. */
    static String text(String host, int port) {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    @Override
    public String toString() {
        return text(host, port);
    }

    /** From what users write. */
    static final class Converter implements ITypeConverter<ListenAddress> {
        @Override
        public ListenAddress convert(String text) {
            Matcher form = FORM.matcher(text);
            if (!form.matches() || Integer.parseInt(form.group("port")) > LAST_PORT) {
                throw new TypeConversionException("'" + text + "': expected ADDRESS:PORT or PORT, as 127.0.0.1:9464");
            }
            String host = form.group("host");
            return new ListenAddress(host == null ? "127.0.0.1" : host.replaceAll("[\\[\\]]", ""),
                Integer.parseInt(form.group("port")));
        }
    }
}
