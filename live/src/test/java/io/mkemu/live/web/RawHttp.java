// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** HTTP by hand, to send what no client of good manners sends. */
final class RawHttp {
    private static final int PATIENCE_MILLIS = 180_000;

    /**
     * An answer.
     *
     * @param status  of HTTP, 0 if the server closed the connection without one
     * @param headers lines in lower case
     * @param body    as text
     */
    record Answer(int status, List<String> headers, String body) {
        String header(String name) {
            return headers.stream().filter(line -> line.startsWith(name.toLowerCase(Locale.ROOT) + ": "))
                .map(line -> line.substring(name.length() + 2)).findFirst().orElse(null);
        }
    }

    private RawHttp() {
    }

    static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    /** Sends a request, its lines without line ends, and reads the answer. */
    static Answer send(int port, String body, String... lines) throws IOException {
        try (Socket socket = connect(port)) {
            socket.getOutputStream().write((String.join("\r\n", lines) + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            return read(new BufferedInputStream(socket.getInputStream()));
        }
    }

    private static Answer read(InputStream in) throws IOException {
        List<String> headers = new ArrayList<>();
        String first;
        try {
            first = line(in);
            for (String line = line(in); line != null && !line.isEmpty(); line = line(in)) {
                int colon = line.indexOf(':');
                headers.add(line.substring(0, colon).toLowerCase(Locale.ROOT) + line.substring(colon));
            }
        } catch (IOException reset) {
            return new Answer(0, headers, "");
        }
        if (first == null) {
            return new Answer(0, headers, "");
        }
        Answer head = new Answer(Integer.parseInt(first.split(" ")[1]), headers, "");
        String length = head.header("content-length");
        byte[] body = length == null ? new byte[0] : in.readNBytes(Integer.parseInt(length));
        return new Answer(head.status, headers, new String(body, StandardCharsets.UTF_8));
    }

    /** A line without its end, or null at the end. */
    static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int one = in.read(); one >= 0; one = in.read()) {
            if (one == '\n') {
                return line.toString(StandardCharsets.UTF_8).stripTrailing();
            }
            line.write(one);
        }
        return line.size() == 0 ? null : line.toString(StandardCharsets.UTF_8);
    }
}
