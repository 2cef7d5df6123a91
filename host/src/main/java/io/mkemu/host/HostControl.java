// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.control.ControlLimits;
import io.mkemu.host.control.ControlServer;
import io.mkemu.host.life.DirectoryWatch;
import io.mkemu.log.LogLevel;
import io.mkemu.machine.MachineDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** The control socket of a host, and what a request to end the machine and whoever runs the machine tell each other. */
public final class HostControl implements AutoCloseable {
    private static final long NOT_ASKED = -1;
    private static final long HALT_MILLIS = 8000;

    private final Host host;
    private final CompletableFuture<List<String>> ended = new CompletableFuture<>();
    private final List<ControlServer> servers = new ArrayList<>();
    private Object socket;
    private boolean closed;
    private volatile long endMillis = NOT_ASKED;

    private HostControl(Host host) throws IOException {
        this.host = host;
        listen();
    }

    private void listen() throws IOException {
        MachineDirectory directory = host.machine().directory();
        servers.add(ControlServer.open(directory.control(), new TornRam(new HostVerbs(host, this), directory),
            ControlLimits.DEFAULT));
        socket = DirectoryWatch.identity(directory.control());
    }

    /** Makes the socket anew if somebody has removed it; who has a connection of the old one keeps it. */
    private synchronized void look() {
        Path file = host.machine().directory().control();
        try {
            Object now = DirectoryWatch.identity(file);
            if (closed || now.equals(socket)) {
                return;
            }
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                socket = now;
                host.machine().say(LogLevel.WARNING, "mkemu: " + file + " is not this host's socket any more, and mk "
                    + "cannot talk to it: remove that file, and the socket is made anew");
            } else if (host.machine().watch().problem() == null) {
                listen();
                host.machine().say(LogLevel.WARNING, "mkemu: somebody has removed the socket " + file
                    + "; it is made anew");
            }
        } catch (IOException refused) {
            host.machine().report("the socket " + file, refused);
        }
    }

    /** Takes requests for a host from now on. */
    static HostControl open(Host host) throws IOException {
        HostControl control = new HostControl(host);
        host.everySecond(control::look);
        return control;
    }

    /**
     * Asks for the end of the machine and waits until all kernels have ended.
     *
     * @param millis how long the instances' modules have; 0 to force them, also if others have asked before
     * @return what whoever runs the machine told {@link #ended}
     */
    List<String> shutDown(long millis) throws InterruptedException {
        boolean first = endMillis == NOT_ASKED;
        if (first) {
            endMillis = millis;
        }
        host.askEnd();
        if (!first && millis == 0) {
            forceAll();
        }
        try {
            return ended.get();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void forceAll() throws InterruptedException {
        List<String> active = host.status().instances().stream()
            .filter(instance -> instance.id() != 0 && instance.state() == InstanceState.ACTIVE)
            .map(InstanceStatus::name).toList();
        for (String name : active) {
            try {
                host.kill(List.of(name), true, HALT_MILLIS);
            } catch (MachineException notActive) {
                /* It has ended by itself, or does not at all: then the end that is under way says so. */
                continue;
            }
        }
    }

    /** How long the instances' modules have to end: as the request says, if one asked for the end. */
    long endMillis(long otherwise) {
        return endMillis == NOT_ASKED ? otherwise : endMillis;
    }

    /** All kernels have ended. */
    void ended(List<String> forced) {
        ended.complete(forced);
    }

    /** Takes no more requests. */
    @Override
    public synchronized void close() throws IOException {
        closed = true;
        ended.complete(List.of());
        for (ControlServer server : servers) {
            server.close();
        }
    }
}
