// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.module.InstanceWatch;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.Await;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a module is told of instances: each change once, in order, however often and however late its CPU is rung. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class InstanceChangeTest {
    private static final int TYPE = 0x77;

    @RegisterExtension
    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private TestKernels.Node node;
    private InstanceEntry other;
    private InstanceWatch watch;

    @BeforeEach
    void boot() throws Exception {
        node = machine.boot(1, 2, 3);
        other = machine.load(4, 5);
    }

    private void begin() throws Exception {
        watch = node.on(() -> node.api.onInstanceChange((id, life, change) ->
            told.add(id + "/" + life + " " + change)));
        node.settle(0);
    }

    /** The other instance enters states, as its host has it. */
    private void enters(InstanceState... states) throws Exception {
        for (InstanceState state : states) {
            if (state == InstanceState.LOADED) {
                other.newLife(state);
            } else {
                other.enter(state);
            }
        }
        machine.mapped().instances().tellWatchers();
        node.settle(0);
    }

    private void expect(String... texts) {
        assertEquals(List.of(texts), told);
        told.clear();
    }

    @Test
    void whoIsActiveIsToldFirstAndThenWhatChanges() throws Exception {
        long mine = machine.mapped().instances().entry(1).life();
        long life = other.life();
        begin();
        expect("1/" + mine + " ACTIVE");
        enters(InstanceState.ACTIVE);
        expect("4/" + life + " ACTIVE");
        enters();
        enters(InstanceState.FAILED);
        expect("4/" + life + " FAILED");
        enters(InstanceState.LOADED);
        expect();
        enters(InstanceState.ACTIVE, InstanceState.READY);
        expect();
        enters(InstanceState.LOADED, InstanceState.ACTIVE);
        expect("4/" + (life + 2) + " ACTIVE");
        enters(InstanceState.READY);
        expect("4/" + (life + 2) + " GONE");
        enters(InstanceState.EMPTY);
        expect();
    }

    @Test
    void aLifeThatBeganBeforeAnybodyLookedEndsTheOneBeforeIt() throws Exception {
        long life = other.life();
        other.enter(InstanceState.ACTIVE);
        begin();
        told.clear();
        enters(InstanceState.FAILED, InstanceState.LOADED, InstanceState.ACTIVE);
        expect("4/" + life + " GONE", "4/" + (life + 1) + " ACTIVE");
        enters(InstanceState.FAILED, InstanceState.LOADED, InstanceState.FAILED);
        expect("4/" + (life + 1) + " GONE", "4/" + (life + 2) + " FAILED");
    }

    @Test
    void whatFailedBeforeIsNoNews() throws Exception {
        other.enter(InstanceState.FAILED);
        begin();
        told.clear();
        enters();
        expect();
    }

    @Test
    void anEndComesAfterWhatWasSentBefore() throws Exception {
        node.on(() -> node.api.registerHandler((data, context) ->
            told.add("message " + data.senderInstance() + "/" + data.senderLife()), null, TYPE));
        TestKernels.Node sender = machine.boot(4, "quiet");
        begin();
        told.clear();
        long life = other.life();
        try (TestKernels.Hold _ = node.hold(0)) {
            assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, "x".getBytes(StandardCharsets.UTF_8), TYPE)));
            other.enter(InstanceState.FAILED);
            machine.mapped().instances().tellWatchers();
        }
        node.settle(0);
        expect("message 4/" + life, "4/" + life + " FAILED");
    }

    @Test
    void onlyACpuThatWatchesIsRung() throws Exception {
        assertFalse(node.apic(0).watches());
        begin();
        assertTrue(node.apic(0).watches());
        assertFalse(node.apic(1).watches());
        assertThrows(IllegalStateException.class, () -> watch.end());
        node.on(() -> {
            watch.end();
            watch.end();
            return null;
        });
        assertFalse(node.apic(0).watches());
        told.clear();
        enters(InstanceState.ACTIVE);
        expect();
    }

    @Test
    void aListenerMayEndItselfAndStartAnother() throws Exception {
        InstanceWatch[] first = new InstanceWatch[1];
        node.on(() -> first[0] = node.api.onInstanceChange((id, life, change) -> {
            first[0].end();
            node.api.onInstanceChange((again, itsLife, itsChange) -> told.add("second " + again));
            throw new IllegalStateException("not today");
        }));
        Await.until(() -> told.equals(List.of("second 1")));
        Await.until(() -> machine.log(1).stream().anyMatch(line ->
            line.contains("probe: listener failed: java.lang.IllegalStateException: not today")));
        node.shutDown();
        assertFalse(node.apic(0).watches());
    }
}
