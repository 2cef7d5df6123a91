// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Takes requests on a Unix domain socket, see {@link Protocol}. Each client has a virtual thread of its own, so a
 * client that says nothing or reads nothing costs a descriptor for a while and no more. Each request that has come as a
 * whole line has a platform thread of its own until it is done, because it may wait in native code.
 */
public final class ControlServer implements AutoCloseable {
    private static final int BACKLOG = 128;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Path socket;
    private final ControlHandler handler;
    private final ControlLimits limits;
    private final ServerSocketChannel listener;
    private final Map<ControlConnection, Thread> connections = new ConcurrentHashMap<>();
    private final Set<Thread> requests = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private final Object inode;

    private ControlServer(Path socket, ControlHandler handler, ControlLimits limits, ServerSocketChannel listener)
        throws IOException {
        this.socket = socket;
        this.handler = handler;
        this.limits = limits;
        this.listener = listener;
        listener.bind(UnixDomainSocketAddress.of(socket), BACKLOG);
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        this.inode = inodeOf(socket);
        this.thread = Thread.ofPlatform().daemon().name("control").unstarted(this::accept);
    }

    /**
     * Makes the socket and begins to serve.
     *
     * @param socket does not exist; at most 107 bytes
     */
    public static ControlServer open(Path socket, ControlHandler handler, ControlLimits limits) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            ControlServer server = new ControlServer(socket, handler, limits, listener);
            server.thread.start();
            return server;
        } catch (IOException | RuntimeException | Error refused) {
            listener.close();
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

    private void accept() {
        while (listener.isOpen()) {
            try {
                serve(listener.accept());
            } catch (ClosedChannelException closed) {
                return;
            } catch (IOException | OutOfMemoryError noRoom) {
                /* The client waits in the backlog; without a pause this would be asked again at once, for ever. */
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private void serve(SocketChannel client) {
        /* A client that sees its end may come again at once, before its thread has ended. */
        boolean full =
            connections.keySet().stream().filter(open -> !open.isClosed()).count() >= limits.connections();
        ControlConnection connection = new ControlConnection(client, limits);
        Thread server = Thread.ofVirtual().name("control-client").unstarted(() -> {
            try {
                if (full) {
                    connection.refuse(ExitCode.MACHINE, tooMany("connections"));
                } else {
                    connection.serve(line -> begin(connection, line));
                }
            } finally {
                connections.remove(connection);
            }
        });
        connections.put(connection, server);
        try {
            server.start();
        } catch (OutOfMemoryError noThread) {
            connections.remove(connection);
            connection.close();
            throw noThread;
        }
    }

    private String tooMany(String what) {
        return limits.connections() + " " + what + " are open already; try again when some have ended";
    }

    private void begin(ControlConnection connection, byte[] line) {
        if (requests.size() >= limits.connections()) {
            connection.finish(Protocol.refused(ExitCode.MACHINE, tooMany("requests")));
            return;
        }
        Thread worker = new Thread(() -> {
            try {
                connection.finish(answer(connection, line));
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
            connection.finish(Protocol.refused(ExitCode.RESOURCES, "no thread for the request: " + noThread));
        }
    }

    private ObjectNode answer(ControlConnection connection, byte[] line) {
        try {
            return Protocol.done(handler.handle(ControlRequest.parse(line),
                said -> connection.add(Protocol.say(said))));
        } catch (MachineException refused) {
            return Protocol.refused(refused.exitCode(), String.valueOf(refused.getMessage()));
        } catch (InterruptedException ended) {
            return Protocol.refused(ExitCode.MACHINE, "the host ended before this was done");
        } catch (RuntimeException | Error fault) {
            fault.printStackTrace();
            return Protocol.refused(ExitCode.INTERNAL, "fault of mkemu, please report it with what the host printed: "
                + fault);
        }
    }

    /**
     * Takes no more requests, lets those that are under way end for a while, then interrupts them, and removes the
     * socket.
     */
    @Override
    public void close() throws IOException {
        listener.close();
        long patience = System.nanoTime() + limits.closeNanos();
        /* A client that was taken just before is known once this thread has ended. */
        boolean interrupted = !join(Set.of(thread), patience);
        connections.keySet().forEach(ControlConnection::end);
        connections.keySet().forEach(ControlConnection::stopReading);
        interrupted |= !join(connections.values(), patience);
        connections.keySet().forEach(ControlConnection::close);
        patience = System.nanoTime() + limits.closeNanos();
        /* Only they begin requests: after their end nothing comes that is not interrupted. */
        interrupted |= !join(connections.values(), patience);
        requests.forEach(Thread::interrupt);
        interrupted |= !join(requests, patience);
        /* Another host may have made its own here, if somebody removed the directory meanwhile. */
        if (inode.equals(inodeOf(socket))) {
            Files.delete(socket);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether this thread was left in peace meanwhile. */
    private static boolean join(Collection<Thread> threads, long until) {
        boolean peace = true;
        for (Thread one : threads) {
            try {
                one.join(Duration.ofNanos(until - System.nanoTime()));
            } catch (InterruptedException stop) {
                peace = false;
            }
        }
        return peace;
    }
}
