// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.TestMachine;
import io.mkemu.memory.Window;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * The store-buffer litmus of the doorbell, on the real words: the receiver announces HALTED and then looks for a ready
 * message; the sender stores ready and then looks at the idle word. Both missing the other is the lost wake-up. Two
 * threads run a trial after the other in step, and each outcome is counted.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class DoorbellLitmusTest {
    private static final int TRIALS = 1_000_000;
    private static final int SEES_NOTHING = 1;
    private static final int YIELD_AFTER = 200;

    @TempDir(factory = TestMachine.Shm.class)
    private Path directory;
    private TestMachine machine;
    private Window page;
    private LocalApic apic;

    /* Each trial's parties wait for each other here. */
    private final AtomicLong receiverAt = new AtomicLong();
    private final AtomicLong senderAt = new AtomicLong();
    private final byte[] receiverSaw = new byte[TRIALS];
    private final byte[] senderSaw = new byte[TRIALS];

    @BeforeEach
    void makeMachine() throws IOException {
        machine = TestMachine.create(directory);
        PhysicalMemory memory = machine.memory();
        apic = LocalApic.of(memory, 1);
        page = memory.map(memory.layout().hostAt(), 4096);
    }

    @AfterEach
    void close() throws IOException {
        page.close();
        machine.close();
    }

    private static void meet(AtomicLong mine, AtomicLong other, long trial) {
        mine.setRelease(trial + 1);
        for (int spin = 0; other.getAcquire() <= trial; spin++) {
            if (spin > YIELD_AFTER) {
                Thread.yield();
            } else {
                Thread.onSpinWait();
            }
        }
    }

    /** The trials of one variant; returns how often both missed the other. */
    private int lost(boolean fenced) throws InterruptedException {
        receiverAt.set(0);
        senderAt.set(0);
        UnsafeBuffer ready = page.buffer();
        UnsafeBuffer tables = machine.memory().tables();
        int idle = (int) machine.memory().layout().cpusAt() + LocalApicDescriptor.LENGTH
            + LocalApicDescriptor.IDLE_OFFSET;
        ready.putLong(0, 0);
        Thread sender = new Thread(() -> {
            for (int trial = 0; trial < TRIALS; trial++) {
                meet(senderAt, receiverAt, 2L * trial);
                ready.putLongRelease(0, trial + 1);
                if (fenced) {
                    VarHandle.fullFence();
                }
                long word = fenced ? apic.idleWord() : tables.getLong(idle);
                senderSaw[trial] = (byte) ((word & 0xffff) == LocalApicDescriptor.STATE_HALTED ? 0 : SEES_NOTHING);
                meet(senderAt, receiverAt, 2L * trial + 1);
            }
        });
        sender.start();
        for (int trial = 0; trial < TRIALS; trial++) {
            apic.announce(LocalApic.runningWord(0, 0, 0));
            meet(receiverAt, senderAt, 2L * trial);
            if (fenced) {
                apic.announce(LocalApicDescriptor.STATE_HALTED);
            } else {
                tables.putLongRelease(idle, LocalApicDescriptor.STATE_HALTED);
            }
            receiverSaw[trial] = (byte) (ready.getLongAcquire(0) == trial + 1 ? 0 : SEES_NOTHING);
            meet(receiverAt, senderAt, 2L * trial + 1);
        }
        sender.join();
        int lost = 0;
        for (int trial = 0; trial < TRIALS; trial++) {
            lost += receiverSaw[trial] & senderSaw[trial];
        }
        return lost;
    }

    @Test
    @DisplayName("a sleeping CPU: announce and look against publish and look: one of the two sees the other")
    void noWakeUpIsLost() throws InterruptedException {
        int without = lost(false);
        int with = lost(true);
        /* The variant without fences shows that the harness can see it; a machine may be too orderly, or too loaded. */
        System.out.println("doorbell litmus: " + TRIALS + " trials, both missed the other: " + with
            + " with fences, " + without + " without" + (without == 0 ? " (not shown on this machine)" : ""));
        assertEquals(0, with);
    }
}
