// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import io.mkemu.bench.contender.CommandLoop;
import io.mkemu.bench.contender.Commands;
import io.mkemu.bench.contender.JavaCommand;
import io.mkemu.bench.contender.Pause;
import io.mkemu.bench.contender.PinnedThread;
import io.mkemu.bench.contender.RateMeter;
import io.mkemu.bench.contender.Samples;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;

/** A Java peer: the process that pings and receives. Its children, which answer and send, it starts when needed. */
public final class PeerMain implements Commands, AutoCloseable {
    private final Peer peer;
    private final List<Integer> cpus;
    private final Path directory;
    private final Wire wire;
    private final Pause pause = new Pause();
    private final Samples samples = new Samples();
    private final PinnedThread thread;
    private final List<Child> children = new ArrayList<>();
    private int run;

    private record Child(Process process, BufferedReader out, PrintStream in) {
        void order(String line) {
            in.println(line);
        }

        void expect(String word) throws IOException {
            String line = out.readLine();
            if (!word.equals(line)) {
                throw new IOException("a child process said " + line);
            }
        }
    }

    private PeerMain(Peer peer, List<Integer> cpus, Path directory) throws Exception {
        this.peer = peer;
        this.cpus = cpus;
        this.directory = directory;
        this.wire = peer.main(directory);
        this.thread = new PinnedThread(cpus.getFirst());
    }

    /** PeerMain NAME CPU,CPU,... DIRECTORY. */
    public static void main(String[] args) throws Exception {
        List<Integer> cpus = Arrays.stream(args[1].split(",")).map(Integer::valueOf).toList();
        PrintStream out = System.out;
        /* What a library prints must not be taken for an answer. */
        System.setOut(System.err);
        try (PeerMain main = new PeerMain(Peer.of(args[0]), cpus, Path.of(args[2]))) {
            main.startChildren(1);
            CommandLoop.serve(main, out);
        }
        System.exit(0);
    }

    /** JVM flags that a peer needs. */
    public static List<String> flags(String name) {
        return Peer.of(name).flags();
    }

    private void startChildren(int count) throws Exception {
        List<Child> started = new ArrayList<>();
        while (children.size() + started.size() < count) {
            int index = children.size() + started.size();
            Process process = new ProcessBuilder(JavaCommand.of(PeerChild.class, peer.flags(), List.of(peer.title(),
                Integer.toString(index), Integer.toString(cpus.get((index + 1) % cpus.size())), directory.toString())))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            started.add(new Child(process, process.inputReader(StandardCharsets.UTF_8),
                new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8)));
        }
        for (Child child : started) {
            child.expect(CommandLoop.READY);
            if (wire != null) {
                wire.attach();
            }
            children.add(child);
        }
    }

    @Override
    public void roundTrips(int bytes, long millis, Path file) throws Exception {
        long nanos = millis * 1_000_000;
        boolean shared = begin(bytes, 1);
        samples.clear();
        children.getFirst().order("echo " + run + " " + bytes + " " + shared);
        thread.call(() -> {
            if (peer == Peer.CACHELINE) {
                new CacheLine(directory, pause).ping(nanos, samples);
            } else {
                new Pinger(wire, pause).run(bytes, nanos, samples);
            }
            return null;
        });
        children.getFirst().expect(CommandLoop.OK);
        end();
        samples.appendTo(file);
    }

    @Override
    public Rate rate(int bytes, int senders, long millis) throws Exception {
        if (peer == Peer.CACHELINE) {
            throw new UnsupportedOperationException("it carries no messages");
        }
        startChildren(senders);
        long nanos = millis * 1_000_000;
        boolean shared = begin(bytes, senders);
        RateMeter meter = new RateMeter(nanos);
        for (Child child : children.subList(0, senders)) {
            child.order("send " + run + " " + bytes + " " + shared + " " + nanos);
        }
        thread.call(() -> {
            new Drain(meter).run(senders);
            return null;
        });
        for (Child child : children.subList(0, senders)) {
            child.expect(CommandLoop.OK);
        }
        end();
        return meter.rate();
    }

    private boolean begin(int bytes, int senders) throws Exception {
        run++;
        boolean shared = cpus.size() < senders + 1;
        pause.yields(shared);
        if (wire != null) {
            wire.begin(run, bytes);
        }
        return shared;
    }

    private void end() throws Exception {
        if (wire != null) {
            wire.end();
        }
    }

    /** Takes what all senders send. */
    private final class Drain implements Wire.Receiver {
        private final RateMeter meter;
        private int ended;

        Drain(RateMeter meter) {
            this.meter = meter;
        }

        void run(int senders) {
            while (ended < senders) {
                if (wire.poll(this) == 0) {
                    pause.once();
                }
            }
        }

        @Override
        public void message(DirectBuffer buffer, int offset, int length) {
            if (buffer.getLong(offset) == Pinger.END) {
                ended++;
                meter.end();
            } else {
                meter.message();
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (Child child : children) {
            child.in().close();
        }
        /* Before what they use is taken away. */
        children.forEach(child -> child.process().onExit().join());
        thread.close();
        if (wire != null) {
            wire.close();
        }
    }
}
