// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Decides which requests are answered: those of the user who was given the token, sent by this server's own page or
 * typed by the user, and small enough. Whatever else runs in the user's browser, or as another user of this machine,
 * is refused. Any thread.
 *
 * <p>The host that a request names must be an address of this server: a page of another site whose name was made to
 * lead here (DNS rebinding) is refused by that. A request that another site's page makes names that site in its Origin.
 */
final class Gate {
    /** Bytes of the longest body. */
    static final int MOST_BODY = 16 << 10;
    private static final int MOST_URI = 2048;
    private static final String BEARER = "Bearer ";

    private final Secret token = new Secret();
    private final Secret session = new Secret();
    private final AtomicReference<Secret> ticket = new AtomicReference<>();
    private final Set<String> hosts;
    private final String cookie;

    /** A gate of the server that listens there. */
    Gate(InetSocketAddress address) {
        this.hosts = hosts(address);
        /* Cookies know no port: two servers on one address must not overwrite each other's. */
        this.cookie = "mkemu-" + address.getPort();
    }

    private static Set<String> hosts(InetSocketAddress bound) {
        Set<String> names = new HashSet<>();
        InetAddress address = bound.getAddress();
        if (address.isLoopbackAddress() || address.isAnyLocalAddress()) {
            names.add("localhost");
        }
        if (address.isAnyLocalAddress()) {
            try {
                NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
                    .forEach(one -> names.add(literal(one)));
            } catch (SocketException unknown) {
                throw new IllegalStateException("the addresses of this machine cannot be listed", unknown);
            }
        } else {
            names.add(literal(address));
        }
        Set<String> hosts = new HashSet<>();
        names.forEach(name -> hosts.add(name + ":" + bound.getPort()));
        if (bound.getPort() == 80) {
            hosts.addAll(names);
        }
        return Set.copyOf(hosts);
    }

    /** An address as a URL has it. */
    static String literal(InetAddress address) {
        String text = address.getHostAddress().replaceAll("%.*", "");
        return text.contains(":") ? "[" + text + "]" : text;
    }

    /** What the user hands to a browser, for as long as this server runs. */
    Secret token() {
        return token;
    }

    /** A token that is good for one request: other users see the command line that hands it to a browser. */
    String newTicket() {
        Secret made = new Secret();
        ticket.set(made);
        return made.word();
    }

    /** The cookie that a token is exchanged for. */
    String setCookie() {
        return cookie + "=" + session.word() + "; Path=/; HttpOnly; SameSite=Strict";
    }

    /** Whether this is the token, or the ticket, which is used up by that. */
    boolean takes(String given) {
        Secret one = ticket.get();
        return token.is(given) || one != null && one.is(given) && ticket.compareAndSet(one, null);
    }

    /** Why a request is refused, whoever sent it; null if it is not. */
    Refusal checkForm(HttpExchange exchange) {
        Headers headers = exchange.getRequestHeaders();
        String host = only(headers, "Host");
        if (host == null || !hosts.contains(host.toLowerCase(Locale.ROOT))) {
            return new Refusal(421, "Host: this server is " + String.join(", ", hosts.stream().sorted().toList())
                + " and answers to no other name");
        }
        String method = exchange.getRequestMethod();
        if (!method.equals("GET") && !method.equals("POST")) {
            return new Refusal(405, "method: GET or POST");
        }
        if (exchange.getRequestURI().toString().length() > MOST_URI) {
            return new Refusal(414, "address: at most " + MOST_URI + " characters");
        }
        List<String> origins = headers.getOrDefault("Origin", List.of());
        if (method.equals("POST") && origins.size() != 1 || !origins.stream().allMatch(this::isOwn)) {
            return new Refusal(403, "Origin: only this server's own page may ask for that");
        }
        return method.equals("GET") ? checkNoBody(headers) : checkBody(headers);
    }

    /** Whether the page that asks is ours: of any of our names, since a browser tells the one that it knows. */
    private boolean isOwn(String origin) {
        return origin.startsWith("http://") && hosts.contains(origin.substring("http://".length())
            .toLowerCase(Locale.ROOT));
    }

    private static Refusal checkNoBody(Headers headers) {
        String length = headers.getFirst("Content-Length");
        return headers.containsKey("Transfer-Encoding") || length != null && !length.strip().equals("0")
            ? new Refusal(400, "body: GET has none") : null;
    }

    private static Refusal checkBody(Headers headers) {
        String type = only(headers, "Content-Type");
        if (type == null || !type.toLowerCase(Locale.ROOT).replace(" ", "")
            .matches("application/json(;charset=utf-8)?")) {
            return new Refusal(415, "Content-Type: application/json");
        }
        String length = only(headers, "Content-Length");
        if (length == null || !length.matches("[0-9]{1,9}")) {
            return new Refusal(411, "Content-Length: needed, once");
        }
        return Integer.parseInt(length) > MOST_BODY ? tooLong() : null;
    }

    private static Refusal tooLong() {
        return new Refusal(413, "body: at most " + MOST_BODY + " bytes");
    }

    /** Why a request is refused because of what its sender does not know; null if it is not. */
    Refusal checkKnown(HttpExchange exchange) {
        Headers headers = exchange.getRequestHeaders();
        String authorization = only(headers, "Authorization");
        if (authorization != null && authorization.startsWith(BEARER)
            && token.is(authorization.substring(BEARER.length()))) {
            return null;
        }
        for (String line : headers.getOrDefault("Cookie", List.of())) {
            for (String one : line.split(";")) {
                String[] parts = one.strip().split("=", 2);
                if (parts.length == 2 && parts[0].equals(cookie) && session.is(parts[1])) {
                    return null;
                }
            }
        }
        return new Refusal(403, "open the address that mk web has printed, with its token; it is new with each start");
    }

    private static String only(Headers headers, String name) {
        List<String> values = headers.getOrDefault(name, List.of());
        return values.size() == 1 ? values.getFirst() : null;
    }

    /** The value of a parameter of an address, as it stands there; null if it has none. */
    static String parameter(URI address, String name) {
        String query = address.getRawQuery();
        if (query != null) {
            for (String one : query.split("&")) {
                if (one.startsWith(name + "=")) {
                    return one.substring(name.length() + 1);
                }
            }
        }
        return null;
    }
}
