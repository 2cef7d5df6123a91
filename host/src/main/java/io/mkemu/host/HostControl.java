// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.control.ControlLimits;
import io.mkemu.host.control.ControlServer;
import io.mkemu.machine.MachineDirectory;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** The control socket of a host, and what a request to end the machine and whoever runs the machine tell each other. */
public final class HostControl implements AutoCloseable {
    private static final long NOT_ASKED = -1;
    private static final long HALT_MILLIS = 2000;

    private final Host host;
    private final CompletableFuture<List<String>> ended = new CompletableFuture<>();
    private final ControlServer server;
    private volatile long endMillis = NOT_ASKED;

    private HostControl(Host host) throws IOException {
        this.host = host;
        MachineDirectory directory = host.machine().directory();
        this.server = ControlServer.open(directory.control(), new TornRam(new HostVerbs(host, this), directory),
            ControlLimits.DEFAULT);
    }

    /** Takes requests for a host from now on. */
    static HostControl open(Host host) throws IOException {
        return new HostControl(host);
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
    public void close() throws IOException {
        ended.complete(List.of());
        server.close();
    }
}
