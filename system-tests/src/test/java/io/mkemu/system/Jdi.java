// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.AttachingConnector;
import com.sun.jdi.connect.Connector;
import com.sun.jdi.event.Event;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A debugger of JVMs. */
final class Jdi {
    private Jdi() {
    }

    /**
     * Attaches.
     *
     * @param command that mkemu printed for jdb
     */
    static VirtualMachine attach(String command) throws Exception {
        AttachingConnector connector = Bootstrap.virtualMachineManager().attachingConnectors().stream()
            .filter(each -> each.name().equals("com.sun.jdi.SocketAttach")).findFirst().orElseThrow();
        Map<String, Connector.Argument> arguments = connector.defaultArguments();
        arguments.get("hostname").setValue("127.0.0.1");
        arguments.get("port").setValue(command.substring(command.indexOf(':') + 1));
        return connector.attach(arguments);
    }

    /** The first event of the next set. */
    static Event next(VirtualMachine jvm) throws InterruptedException {
        return jvm.eventQueue().remove(TimeUnit.SECONDS.toMillis(Program.WATCHDOG_SECONDS)).iterator().next();
    }
}
