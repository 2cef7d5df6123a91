// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.MachineException;
import io.mkemu.host.client.RemoteHost;
import io.mkemu.json.Json;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Asks a machine's host to kill a kernel, while the screen goes on. One at a time. */
final class KernelKill {
    private static final long WAIT_MILLIS = TimeUnit.SECONDS.toMillis(30);

    private final String machine;
    private final AtomicReference<String> said = new AtomicReference<>();
    private Thread asking;

    KernelKill(String machine) {
        this.machine = machine;
    }

    /** Asks, as {@code mk kill} does, on a thread of its own; what comes of it is {@link #said}. */
    void begin(int kernel, String name) {
        if (isGoingOn()) {
            said.set("another kernel is just being killed: try again");
            return;
        }
        asking = new Thread(() -> said.set(ask(kernel, name)), "kill");
        asking.setDaemon(true);
        asking.start();
    }

    private String ask(int kernel, String name) {
        ObjectNode request = Json.object().put("force", false).put("timeoutMillis", WAIT_MILLIS);
        request.putArray("names").add("#" + kernel);
        try (RemoteHost host = RemoteHost.find(machine)) {
            host.ask("kill", request, WAIT_MILLIS, said::set);
            return name + " is killed";
        } catch (MachineException refused) {
            return refused.getMessage();
        } catch (IOException broken) {
            return "kill " + name + ": " + broken.getMessage();
        }
    }

    /** What the host has said since the last call, or null. */
    String said() {
        return said.getAndSet(null);
    }

    /** Whether the host has not answered yet. */
    boolean isGoingOn() {
        return asking != null && asking.isAlive();
    }
}
