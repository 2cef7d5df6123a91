// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static io.mkemu.host.TestHost.spec;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.life.BoxedHost;
import io.mkemu.tree.Overlay;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Overlays on a host: all of one, or nothing. */
class OverlayChangeTest extends BoxedHost {
    private static final String CREATE = "fragment@%d { __overlay__ { instance-create { instance-name = \"%s\"; "
        + "resources { cpus = <%d>; memory-bytes = <0x100000>; }; }; }; };";
    private static final String REMOVE =
        "fragment@%d { __overlay__ { instance-remove { instance-name = \"%s\"; }; }; };";

    private OverlayChange carryOut(String... fragments) throws InterruptedException {
        OverlayChange change = new OverlayChange(host, Overlay.parse("o.dtso",
            "/dts-v1/; /plugin/; / { " + String.join(" ", fragments) + " };"));
        HostSteps.wholly(host, "overlay", change::carryOut);
        return change;
    }

    /** Where its memory lies and which host CPUs it has may have changed for an instance that came back. */
    private List<Object> seen() {
        return List.of(host.names(), host.status().freeCpus(), box.free(), box.owners(),
            host.status().instances().stream().map(one -> one.id() + " " + one.state() + " " + one.cpus() + " "
                + one.memoryBytes()).toList());
    }

    @Test
    void whatIsRemovedFirstMakesRoomForWhatIsMade() throws Exception {
        box.create(spec(0, "old", MIB, 6, 7), false);
        OverlayChange change = carryOut(REMOVE.formatted(0, "old"), CREATE.formatted(1, "one", 6),
            CREATE.formatted(2, "two", 7), REMOVE.formatted(3, "two"));
        assertEquals(List.of("one"), change.made());
        assertEquals(List.of("old"), change.removed());
        assertEquals(List.of("web", "db", "one"), host.names());
        assertEquals(InstanceState.READY, box.status("one").state());
        assertEquals(List.of(4, 5, 7), host.status().freeCpus());
    }

    @Test
    void whatCannotBeAppliedWholeIsNotAppliedAtAll() {
        box.create(spec(5, "old", MIB, 6, 7), false);
        List<Object> before = seen();
        MachineException refused = assertThrows(MachineException.class, () -> carryOut(CREATE.formatted(0, "new", 4),
            REMOVE.formatted(1, "old"), CREATE.formatted(2, "newer", 6), CREATE.formatted(3, "taken", 1)));
        assertEquals("CPU 1 is taken by instance web: free are 5 7; nothing of the overlay is applied",
            refused.getMessage());
        assertEquals(before, seen());
        refused = assertThrows(MachineException.class, () -> carryOut(REMOVE.formatted(0, "old"),
            REMOVE.formatted(1, "web")));
        assertEquals(ExitCode.STATE, refused.exitCode());
        assertEquals("instance web is loaded: an overlay removes what is ready: mk unload takes away what is loaded; "
            + "nothing of the overlay is applied", refused.getMessage());
        assertEquals(before, seen());
        assertThrows(MachineException.class, () -> carryOut(REMOVE.formatted(0, "nobody")));
        assertEquals(before, seen());
    }
}
