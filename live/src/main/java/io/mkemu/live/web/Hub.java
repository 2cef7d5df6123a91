// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells all clients what happens, as server-sent events: {@code event: NAME}, {@code data: } a JSON object on one line.
 * Who comes later gets the newest of each name, and the log lines that are kept. Any thread.
 */
final class Hub {
    /** Browsers that may follow at once. */
    static final int MOST_CLIENTS = 16;
    private static final int MOST_LINES = 2000;
    private static final String LOG = "log";

    private final Map<String, byte[]> newest = new LinkedHashMap<>();
    private final ArrayDeque<ObjectNode> lines = new ArrayDeque<>();
    private final List<Client> clients = new ArrayList<>();
    private long said;
    /* What was told up to here is of a machine that is gone. */
    private long forgotten;
    private boolean closed;

    /** Tells something that replaces what was told by this name before. */
    synchronized void tell(String name, ObjectNode what) {
        byte[] frame = frame(name, -1, what);
        newest.put(name, frame);
        send(frame);
    }

    /** Forgets what was told by a name: who comes later is not to take it for new. */
    synchronized void forget(String name) {
        newest.remove(name);
    }

    /** Tells lines of kernel logs; each is kept for a while. */
    synchronized void log(List<ObjectNode> more) {
        if (more.isEmpty()) {
            return;
        }
        for (ObjectNode line : more) {
            said++;
            lines.add(line);
            if (lines.size() > MOST_LINES) {
                lines.remove();
            }
        }
        send(log(more.subList(Math.max(0, more.size() - MOST_LINES), more.size()), false));
    }

    /** Forgets the lines, of a machine that is gone. */
    synchronized void forgetLog() {
        lines.clear();
        said++;
        forgotten = said;
        send(log(List.of(), true));
    }

    /** Lines; fresh: what was told before them does not count. */
    private byte[] log(Iterable<ObjectNode> which, boolean fresh) {
        ObjectNode what = Json.object().put("fresh", fresh);
        ArrayNode array = what.putArray("lines");
        which.forEach(array::add);
        return frame(LOG, said, what);
    }

    private void send(byte[] frame) {
        clients.removeIf(Client::isGone);
        clients.forEach(client -> client.offer(frame));
    }

    private static byte[] frame(String name, long id, ObjectNode what) {
        return ((id < 0 ? "" : "id: " + id + "\n") + "event: " + name + "\ndata: " + Json.text(what) + "\n\n")
            .getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Takes another client.
     *
     * @param seen number of the last log line that it has, 0 for none
     * @return false if there are too many
     */
    synchronized boolean join(Client client, long seen) {
        clients.removeIf(Client::isGone);
        if (closed || clients.size() >= MOST_CLIENTS) {
            return false;
        }
        newest.values().forEach(client::offer);
        boolean fresh = seen > said || seen < forgotten;
        long missing = fresh ? lines.size() : Math.min(said - seen, lines.size());
        if (fresh || missing > 0) {
            client.offer(log(lines.stream().skip(lines.size() - missing).toList(), fresh));
        }
        clients.add(client);
        return true;
    }

    /** Lets a client go. */
    synchronized void leave(Client client) {
        clients.remove(client);
    }

    /** Whether anybody follows. */
    boolean isHeard() {
        return clients() > 0;
    }

    /** How many follow. */
    synchronized int clients() {
        clients.removeIf(Client::isGone);
        return clients.size();
    }

    /** Ends all clients. */
    synchronized void close() {
        closed = true;
        clients.forEach(Client::drop);
    }
}
