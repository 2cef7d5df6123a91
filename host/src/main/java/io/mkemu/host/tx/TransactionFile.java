// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.tx;

import io.mkemu.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a host leaves of its transactions when it is killed: a line of JSON for each state of each, the last one counts.
 * The host itself never reads it. One thread writes; any process may read meanwhile.
 */
public final class TransactionFile {
    private static final String HEADER = "{\"mkemu\":\"transactions\",\"format\":1}\n";
    private static final Set<OpenOption> APPEND = Set.of(StandardOpenOption.WRITE, StandardOpenOption.APPEND,
        LinkOption.NOFOLLOW_LINKS);
    private static final Set<OpenOption> ANEW = Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING, LinkOption.NOFOLLOW_LINKS);

    private final Path path;
    /** Bytes that it has if nobody else has changed it; -1 before the first line. */
    private long size = -1;
    private int lines;

    TransactionFile(Path path) {
        this.path = path;
    }

    /**
     * What can be read of a file.
     *
     * @param transactions by ascending number
     * @param problem      what cannot be read, in one line, or empty
     */
    public record Contents(List<Transaction> transactions, String problem) {
    }

    /** Bytes that it has, less than 0 if there is none. */
    long size() {
        return size;
    }

    /** Lines that it has. */
    int lines() {
        return lines;
    }

    /**
     * Adds a line.
     *
     * @param all the transactions that there are, should the file not be as this object left it: it is made anew then
     */
    void append(Transaction transaction, Collection<Transaction> all) throws IOException {
        if (size < 0 || !Files.exists(path, LinkOption.NOFOLLOW_LINKS) || Files.size(path) != size) {
            rewrite(all);
            return;
        }
        byte[] line = line(transaction);
        write(path, APPEND, line);
        size += line.length;
        lines++;
    }

    /** Makes it anew, one line for each. Who reads meanwhile sees the old or the new one. */
    void rewrite(Collection<Transaction> all) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(HEADER.getBytes(StandardCharsets.UTF_8));
        all.forEach(one -> bytes.writeBytes(line(one)));
        Path next = path.resolveSibling(path.getFileName() + ".new");
        write(next, ANEW, bytes.toByteArray());
        Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
        size = bytes.size();
        lines = all.size();
    }

    private static byte[] line(Transaction transaction) {
        return (Json.text(TransactionJson.write(transaction)) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static void write(Path file, Set<OpenOption> options, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, options)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        }
    }

    /**
     * Reads what a dead host has left; nothing of a file that is not there. One that is pending will never end, and
     * says so.
     */
    public static Contents readRemains(Path path) throws IOException {
        Contents left = read(path);
        return new Contents(left.transactions().stream().map(one -> one.status() != TransactionStatus.PENDING ? one
            : one.ended(TransactionStatus.PENDING, List.of(), "the host was killed in the midst of it")).toList(),
            left.problem());
    }

    static Contents read(Path path) throws IOException {
        TreeMap<Integer, Transaction> found = new TreeMap<>();
        List<Integer> unreadable = new ArrayList<>();
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(path);
        } catch (NoSuchFileException none) {
            return new Contents(List.of(), "");
        }
        int number = 0;
        int from = 0;
        while (from < bytes.length) {
            int to = from;
            while (to < bytes.length && bytes[to] != '\n') {
                to++;
            }
            number++;
            byte[] line = Arrays.copyOfRange(bytes, from, to);
            if (number > 1 || !new String(line, StandardCharsets.UTF_8).equals(HEADER.strip())) {
                try {
                    Transaction transaction = TransactionJson.read(Json.read(line));
                    found.put(transaction.number(), transaction);
                } catch (IOException wrong) {
                    unreadable.add(number);
                }
            }
            from = to + 1;
        }
        return new Contents(List.copyOf(found.values()), unreadable.isEmpty() ? "" : path + ": " + (unreadable.size()
            == 1 ? "line " + unreadable.getFirst() + " is" : unreadable.size() + " lines are (the first is line "
            + unreadable.getFirst() + ")") + " no transaction and passed over");
    }
}
