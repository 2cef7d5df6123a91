// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.os.Shortage;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * Takes requests on a Unix domain socket, see {@link Protocol}. One thread serves all sockets and never waits for one
 * of them, so a client that says nothing or reads nothing costs a descriptor for a while and no more; each request that
 * has come as a whole line gets a thread of its own until it is done.
 */
public final class ControlServer implements AutoCloseable {
    private static final int BACKLOG = 128;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Path socket;
    private final ControlHandler handler;
    private final ControlLimits limits;
    private final Selector selector;
    private final ServerSocketChannel listener;
    private final SelectionKey accepting;
    private final Set<ControlConnection> connections = new HashSet<>();
    private final Queue<ControlConnection> changed = new ConcurrentLinkedQueue<>();
    private final Set<Thread> requests = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private final Object inode;
    private volatile boolean closing;
    private long resumeAt;

    private ControlServer(Path socket, ControlHandler handler, ControlLimits limits, Selector selector,
                          ServerSocketChannel listener) throws IOException {
        this.socket = socket;
        this.handler = handler;
        this.limits = limits;
        this.selector = selector;
        this.listener = listener;
        listener.configureBlocking(false);
        listener.bind(UnixDomainSocketAddress.of(socket), BACKLOG);
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        this.inode = inodeOf(socket);
        this.accepting = listener.register(selector, SelectionKey.OP_ACCEPT);
        this.thread = new Thread(this::run, "control");
        thread.setDaemon(true);
    }

    /**
     * Makes the socket and begins to serve.
     *
     * @param socket does not exist; at most 107 bytes
     */
    public static ControlServer open(Path socket, ControlHandler handler, ControlLimits limits) throws IOException {
        Selector selector = Selector.open();
        try {
            ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                ControlServer server = new ControlServer(socket, handler, limits, selector, listener);
                server.thread.start();
                return server;
            } catch (IOException | RuntimeException | Error refused) {
                listener.close();
                throw refused;
            }
        } catch (IOException | RuntimeException | Error refused) {
            selector.close();
            throw refused;
        }
    }

    private static Object inodeOf(Path file) throws IOException {
        try {
            return Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException gone) {
            return "none";
        }
    }

    private void run() {
        try {
            long closeBy = 0;
            while (closeBy == 0 || closeBy - System.nanoTime() > 0) {
                if (closing && closeBy == 0) {
                    closeBy = System.nanoTime() + limits.closeNanos();
                    listener.close();
                    connections.forEach(ControlConnection::end);
                }
                long next = update(closeBy);
                if (closeBy != 0 && connections.isEmpty()) {
                    return;
                }
                select(next);
            }
        } catch (IOException broken) {
            throw new IllegalStateException("control socket " + socket + ": " + broken, broken);
        } finally {
            connections.forEach(ControlConnection::close);
            connections.clear();
        }
    }

    /** Closes what is over; when to look again, 0 for when something happens. */
    private long update(long closeBy) {
        long now = System.nanoTime();
        long next = closeBy;
        for (ControlConnection connection : Set.copyOf(connections)) {
            long deadline = connection.isOver() ? 0 : connection.await(now);
            if (deadline != 0 && deadline - now <= 0) {
                connection.expire();
                deadline = connection.isOver() ? 0 : connection.await(now);
            }
            if (connection.isOver()) {
                connections.remove(connection);
                connection.close();
            } else {
                next = earlier(next, deadline);
            }
        }
        if (resumeAt != 0 && accepting.isValid()) {
            if (resumeAt - now <= 0) {
                resumeAt = 0;
                accepting.interestOps(SelectionKey.OP_ACCEPT);
            } else {
                next = earlier(next, resumeAt);
            }
        }
        return next;
    }

    private static long earlier(long one, long other) {
        return one == 0 || other != 0 && other - one < 0 ? other : one;
    }

    private void select(long until) throws IOException {
        long nanos = until - System.nanoTime();
        if (until == 0) {
            selector.select(this::ready);
        } else if (nanos > 0) {
            selector.select(this::ready, nanos / NANOS_PER_MILLI + 1);
        } else {
            selector.selectNow(this::ready);
        }
        for (ControlConnection connection = changed.poll(); connection != null; connection = changed.poll()) {
            proceed(connection);
        }
    }

    private void ready(SelectionKey key) {
        if (key == accepting) {
            accept();
        } else {
            proceed((ControlConnection) key.attachment());
        }
    }

    private void accept() {
        try {
            for (SocketChannel client = listener.accept(); client != null; client = listener.accept()) {
                client.configureBlocking(false);
                SelectionKey key = client.register(selector, 0);
                ControlConnection connection = new ControlConnection(client, key, limits);
                key.attach(connection);
                if (connections.size() >= limits.connections()) {
                    connection.addLast(ExitCode.MACHINE, tooMany("connections"));
                }
                connections.add(connection);
                proceed(connection);
            }
        } catch (IOException noDescriptors) {
            /* It waits in the backlog; without a pause this would be asked again at once, for ever. */
            resumeAt = System.nanoTime() + PAUSE_NANOS;
            accepting.interestOps(0);
        }
    }

    private String tooMany(String what) {
        return limits.connections() + " " + what + " are open already; try again when some have ended";
    }

    private void proceed(ControlConnection connection) {
        if (!connections.contains(connection)) {
            return;
        }
        try {
            byte[] line = connection.proceed();
            if (line != null) {
                begin(connection, line);
            }
        } catch (IOException gone) {
            connections.remove(connection);
            connection.close();
        }
    }

    private void begin(ControlConnection connection, byte[] line) {
        connection.begin();
        if (requests.size() >= limits.connections()) {
            finish(connection, Protocol.refused(ExitCode.MACHINE, tooMany("requests")));
            return;
        }
        Thread worker = new Thread(() -> {
            try {
                finish(connection, answer(connection, line));
            } finally {
                requests.remove(Thread.currentThread());
            }
        }, "control-request");
        worker.setDaemon(true);
        requests.add(worker);
        try {
            worker.start();
        } catch (OutOfMemoryError noThread) {
            requests.remove(worker);
            finish(connection, Protocol.refused(ExitCode.RESOURCES, String.valueOf(Shortage.of(noThread))));
        }
    }

    private ObjectNode answer(ControlConnection connection, byte[] line) {
        try {
            return Protocol.done(handler.handle(ControlRequest.parse(line), said -> {
                connection.add(Protocol.say(said));
                wake(connection);
            }));
        } catch (MachineException refused) {
            return Protocol.refused(refused.exitCode(), String.valueOf(refused.getMessage()));
        } catch (InterruptedException ended) {
            return Protocol.refused(ExitCode.MACHINE, "the host ended before this was done");
        } catch (RuntimeException | Error fault) {
            String shortage = Shortage.of(fault);
            if (shortage != null) {
                return Protocol.refused(ExitCode.RESOURCES, shortage);
            }
            fault.printStackTrace();
            return Protocol.refused(ExitCode.INTERNAL, "fault of mkemu, please report it with what the host printed: "
                + fault);
        }
    }

    private void finish(ControlConnection connection, ObjectNode reply) {
        connection.finish(reply);
        wake(connection);
    }

    private void wake(ControlConnection connection) {
        changed.add(connection);
        selector.wakeup();
    }

    /**
     * Takes no more requests, lets those that are under way end for a while, then interrupts them, and removes the
     * socket.
     */
    @Override
    public void close() throws IOException {
        closing = true;
        selector.wakeup();
        boolean interrupted = join(thread, 2 * limits.closeNanos());
        requests.forEach(Thread::interrupt);
        for (Thread request : requests) {
            interrupted |= join(request, limits.closeNanos());
        }
        selector.close();
        listener.close();
        /* Another host may have made its own here, if somebody removed the directory meanwhile. */
        if (inode.equals(inodeOf(socket))) {
            Files.delete(socket);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean join(Thread thread, long nanos) {
        try {
            thread.join(nanos / NANOS_PER_MILLI);
            return false;
        } catch (InterruptedException stop) {
            return true;
        }
    }
}
