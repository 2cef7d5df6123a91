// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import io.mkemu.bench.contender.CommandLoop;
import io.mkemu.bench.contender.Commands;
import io.mkemu.bench.contender.Pause;
import io.mkemu.bench.contender.PinnedThread;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The other side of a Java peer, in a process of its own: answers, or sends. Orders on stdin, a line each, "ok" after
 * each on stdout:
 *
 * <pre>
 * echo RUN BYTES YIELDS
 * send RUN BYTES YIELDS NANOS
 * </pre>
 */
public final class PeerChild {
    private static final int CLOCK_MASK = 63;

    private final Peer peer;
    private final Wire wire;
    private final CacheLine line;
    private final Pause pause = new Pause();
    private boolean ended;

    private PeerChild(Peer peer, int index, Path directory) throws Exception {
        this.peer = peer;
        this.wire = peer.child(directory, index);
        this.line = peer == Peer.CACHELINE ? new CacheLine(directory, pause) : null;
    }

    /** PeerChild NAME INDEX CPU DIRECTORY. */
    public static void main(String[] args) throws Exception {
        PeerChild child = new PeerChild(Peer.of(args[0]), Integer.parseInt(args[1]), Path.of(args[3]));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (PinnedThread thread = new PinnedThread(Integer.parseInt(args[2]))) {
            System.out.println(CommandLoop.READY);
            for (String order = in.readLine(); order != null; order = in.readLine()) {
                String[] words = order.split(" ");
                thread.execute(() -> System.out.println(child.answer(words)));
            }
        }
        /* The main process is done, or gone: nothing is waited for. */
        System.exit(0);
    }

    private String answer(String[] words) {
        try {
            carryOut(words);
            return CommandLoop.OK;
        } catch (Exception fault) {
            return CommandLoop.ERROR + " " + CommandLoop.oneLine(fault);
        }
    }

    private void carryOut(String[] words) throws Exception {
        int bytes = Integer.parseInt(words[2]);
        pause.yields(Boolean.parseBoolean(words[3]));
        if (peer == Peer.CACHELINE) {
            line.echo();
            return;
        }
        wire.begin(Integer.parseInt(words[1]), bytes);
        if (words[0].equals("echo")) {
            echo();
        } else {
            send(bytes, Long.parseLong(words[4]));
        }
        wire.end();
    }

    private void echo() {
        ended = false;
        Wire.Receiver answer = this::answer;
        while (!ended) {
            if (wire.poll(answer) == 0) {
                pause.once();
            }
        }
    }

    private void answer(DirectBuffer buffer, int offset, int length) {
        ended = buffer.getLong(offset) == Pinger.END;
        while (!wire.offer(buffer, offset, length)) {
            pause.once();
        }
    }

    private void send(int bytes, long nanos) {
        UnsafeBuffer payload = new UnsafeBuffer(new byte[Commands.MOST_BYTES]);
        long deadline = System.nanoTime() + nanos;
        long number = 0;
        do {
            number++;
            payload.putLong(0, number);
            offer(payload, bytes);
        } while ((number & CLOCK_MASK) != 0 || System.nanoTime() - deadline < 0);
        payload.putLong(0, Pinger.END);
        offer(payload, bytes);
    }

    private void offer(UnsafeBuffer payload, int bytes) {
        while (!wire.offer(payload, 0, bytes)) {
            pause.once();
        }
    }
}
